"""A column that stands beside a text, a picture or a series, and gives the answer away."""

import io

import numpy as np
import polars as pl
import pytest
from PIL import Image

CHECK = "columns that give the target away"
COUNT = 240
RNG = np.random.default_rng(7)
SICK = RNG.random(COUNT) < 0.5


def texts():
    words = [f"word{number}" for number in range(900)]
    return pl.DataFrame({"text": [" ".join(RNG.choice(words, 20)) for _ in range(COUNT)]})


def images():
    rows = []
    for _ in range(COUNT):
        buffer = io.BytesIO()
        Image.fromarray(RNG.integers(0, 255, (8, 8), np.uint8)).save(buffer, "PNG")
        rows.append({"image": buffer.getvalue(), "height": 8, "width": 8, "bands": 1, "encoding": "PNG"})
    return pl.DataFrame(rows)


def recordings():
    sounds = [RNG.normal(size=400).astype(np.float32).tobytes() for _ in range(COUNT)]
    return pl.DataFrame({"sound": sounds, "rate": [8000] * COUNT, "samples": [400] * COUNT})


BESIDE = {"text": texts, "images": images, "sound": recordings}


def beside(kind, column, *, target=None):
    targets = np.where(SICK, "sick", "well") if target is None else target
    return BESIDE[kind]().with_columns(extra=pl.Series(column), target=pl.Series(targets))


@pytest.mark.parametrize("kind", BESIDE)
@pytest.mark.parametrize(
    "column", [SICK.astype(float), SICK * 3.0 + RNG.random(COUNT), np.where(SICK, "yes", "no")],
    ids=["itself", "hidden", "words"],
)  # fmt: skip
def test_a_planted_static_column_is_found_beside_every_kind(audited, parted, kind, column):
    found = audited(beside(kind, column), parted(COUNT), kind=kind, static=("extra",))[CHECK]

    assert (found.severity, found.count, found.of) == ("leak", 1, 1)
    assert "'extra' alone gives the class of 100.0%" in found.sentence
    assert "leave it out of preprocessing.static" in found.sentence


@pytest.mark.parametrize("kind", BESIDE)
@pytest.mark.parametrize(
    "column",
    [
        RNG.normal(50, 12, COUNT),
        SICK + RNG.normal(0, 0.7, COUNT),
        np.where(RNG.random(COUNT) < 0.5, "f", "m"),
    ],
    ids=["age", "useful", "sex"],
)
def test_an_honest_static_column_is_told_to_be_clean(audited, parted, kind, column):
    found = audited(beside(kind, column), parted(COUNT), kind=kind, static=("extra",))[CHECK]

    assert (found.severity, found.of) == ("none", 1)


def test_a_static_column_named_like_a_part_of_the_recording_is_looked_at_too(audited, parted):
    frame = beside("text", SICK.astype(float)).rename({"extra": "rate"})

    assert audited(frame, parted(COUNT), kind="text", static=("rate",))[CHECK].severity == "leak"


def test_a_number_beside_a_text_that_is_the_number_asked_for_is_found(audited, parted):
    price = RNG.normal(size=COUNT)
    frame = beside("text", price * 1.2 + 3, target=[str(value) for value in price])

    found = audited(frame, parted(COUNT), kind="text", head="regress", static=("extra",))[CHECK]

    assert found.severity == "leak"
    assert "correlates with the target" in found.sentence


def test_a_clip_has_the_static_column_of_its_own_frames(audited, parted):
    frames = images().with_columns(
        clip=pl.Series([f"{row // 4:03}" for row in range(COUNT)]),
        step=pl.Series([row % 4 for row in range(COUNT)]),
    )
    ill = np.repeat(SICK[: COUNT // 4], 4)
    frames = frames.with_columns(extra=pl.Series(ill * 2.0), target=pl.Series(np.where(ill, "sick", "well")))

    found = audited(
        frames, parted(COUNT // 4), kind="clips", window=4, rows=np.arange(0, COUNT, 4), static=("extra",)
    )

    assert found[CHECK].severity == "leak"


def test_samples_with_nothing_beside_them_are_not_asked(audited, parted):
    frame = texts().with_columns(target=pl.Series(np.where(SICK, "sick", "well")))

    assert CHECK not in audited(frame, parted(COUNT), kind="text")
