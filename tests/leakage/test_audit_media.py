"""Images, clips and recordings, as the audit sees them."""

import io

import numpy as np
import polars as pl
from PIL import Image

SCHEMA = {"height": pl.Int32, "width": pl.Int32, "bands": pl.Int32, "defect": pl.String, "image": pl.Binary}


def picture(seed, size=(40, 40), mode="L", kind="PNG", quality=80):
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (8, 8), dtype=np.uint8)
    image = Image.fromarray(small).resize(size, Image.Resampling.BICUBIC).convert(mode)
    data = io.BytesIO()
    image.save(data, kind, **({"quality": quality} if kind == "JPEG" else {}))
    return {
        "height": size[1], "width": size[0], "bands": len(image.getbands()), "encoding": kind.lower(),
        "image": data.getvalue(), "defect": None,
    }  # fmt: skip


def images(rows, targets):
    return pl.DataFrame(rows, schema_overrides=SCHEMA).with_columns(target=pl.Series(targets))


def severities(found):
    return {check: finding.severity for check, finding in found.items() if finding.severity != "none"}


def test_different_pictures_are_clean(audited, parted):
    rows = [picture(seed) for seed in range(90)]

    assert severities(audited(images(rows, ["a", "b"] * 45), parted(90), kind="images")) == {}


def test_a_picture_that_was_saved_again_is_found(audited, parted):
    rows = [picture(seed) for seed in range(90)]
    rows[9] = picture(8, kind="JPEG")
    rows[12] = rows[11]
    split = parted(90)
    split[8] = split[11] = "train"

    found = audited(images(rows, ["a", "b"] * 45), split, kind="images")

    assert found["exact duplicates across parts"].examples == ("data.csv:14 (test) = data.csv:13 (train)",)
    assert found["near duplicates across parts"].examples == ("data.csv:11 (test) = data.csv:10 (train)",)


def test_labels_that_follow_size_mode_or_format_are_told(audited, parted):
    sick = np.arange(120) % 2 == 0
    rows = [
        picture(seed, (44, 40) if ill else (40, 40), "RGB" if ill else "L", "JPEG" if ill else "PNG")
        for seed, ill in enumerate(sick)
    ]

    found = audited(images(rows, np.where(sick, "sick", "well")), parted(120), kind="images")

    assert severities(found) == {
        "labels that follow the image size": "warning",
        "labels that follow the aspect of the image": "warning",
        "labels that follow the colour mode": "warning",
        "labels that follow the file format": "warning",
    }


def test_an_unreadable_picture_does_not_stop_the_audit(audited, parted):
    rows = [picture(seed) for seed in range(30)]
    rows[3]["image"] = rows[3]["image"][:60]
    rows[4]["image"] = None

    assert severities(audited(images(rows, ["a", "b"] * 15), parted(30), kind="images")) == {}


def test_clips_are_compared_by_the_frame_in_their_middle(audited, parted):
    clips = [[picture(100 * clip + step) for step in range(5)] for clip in range(30)]
    clips[9] = [picture(900, kind="JPEG"), *clips[8][1:4], picture(901)]
    rows = [
        {"clip": f"{clip:02}", "step": step, **frame}
        for clip, frames in enumerate(clips)
        for step, frame in enumerate(frames)
    ]
    split = parted(30)
    split[8] = "train"

    frame = images(rows, np.repeat(["a", "b"] * 15, 5))
    found = audited(frame, split, kind="clips", rows=np.arange(0, 150, 5))

    assert severities(found) == {"exact duplicates across parts": "leak"}


def test_recordings_that_were_made_louder_are_found(audited, parted):
    rng = np.random.default_rng(0)
    waves = [np.cumsum(rng.normal(0, 80, 4_000)).clip(-9_000, 9_000).astype("<i2") for _ in range(30)]
    waves[9] = (waves[8] * 2).astype("<i2")
    split = parted(30)
    split[8] = "train"
    frame = pl.DataFrame({
        "rate": np.full(30, 8_000), "samples": np.full(30, 4_000), "sound": [wave.tobytes() for wave in waves],
        "defect": [None] * 30, "target": ["a", "b"] * 15,
    })  # fmt: skip

    found = audited(frame, split, kind="sound")

    assert found["near duplicates across parts"].count == 1
    assert found["near duplicates across parts"].severity == "leak"
