"""Generated images and volumes: what belongs together, what the answer depends on, what a random split gives away."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit

from pipeline.sources.build import build_source
from pipeline.sources.config import GeneratedConfig

SCENES = ("hyperspectral", "stroke", "volumes")


def read(problem, **settings):
    return build_source(GeneratedConfig(problem=problem, **settings), Path()).read().frame


def pixels(frame):
    """Return the images of the rows, shape ``(row, height, width, band)``."""
    height, width, bands = frame.select("height", "width", "bands").row(0)
    return np.stack([np.frombuffer(image, np.uint8) for image in frame["image"]]).reshape(
        -1, height, width, bands
    )


@pytest.fixture(scope="module")
def patients():
    """Return the middle slices of many patients, what else is known of them, and whether they fare poorly."""
    frame = read("stroke", series=1200, label_channels=("age", "severity"))
    scans = pixels(frame).reshape(1200, 6, 24, 24, 3).astype(float)
    known = frame.gather_every(6)
    return scans, known.select("age", "severity").to_numpy(), (known["target"] == "poor").to_numpy()


@pytest.mark.parametrize("problem", SCENES)
def test_equal_seeds_give_equal_samples_and_others_others(problem):
    first, second, other = (read(problem, seed=seed).head(60)["image"].to_list() for seed in (0, 0, 1))

    assert first == second and first != other


@pytest.mark.parametrize("problem", SCENES)
def test_as_many_samples_come_as_were_asked_for(problem):
    config = GeneratedConfig(problem=problem)
    frame = read(problem)

    samples = frame["clip"] if "clip" in frame.columns else frame["origin"]
    assert samples.n_unique() == config.series
    assert frame["group"].n_unique() == (config.groups or config.series)


def test_neighbouring_pixels_of_a_field_share_their_squares():
    frame = read("hyperspectral", series=200, groups=2)  # every pixel of both fields
    squares = pixels(frame).reshape(2, 10, 10, 48, 3, 3)

    assert np.array_equal(squares[:, :, :-1, :, :, 1:], squares[:, :, 1:, :, :, :-1])
    assert np.array_equal(squares[:, :-1, :, :, 1:, :], squares[:, 1:, :, :, :-1, :])


def test_pixels_drawn_by_chance_score_far_above_whole_fields():
    frame = read("hyperspectral")
    spectra, target = pixels(frame).reshape(len(frame), -1) / 255, frame["target"].to_numpy()

    def score(parts):
        trees = ExtraTreesClassifier(60, random_state=0)
        return np.mean([trees.fit(spectra[a], target[a]).score(spectra[b], target[b]) for a, b in parts])

    by_chance = score(ShuffleSplit(4, test_size=0.25, random_state=0).split(spectra))
    by_field = score(
        GroupShuffleSplit(4, test_size=0.25, random_state=0).split(spectra, target, frame["group"])
    )

    most = frame["target"].value_counts()["count"].max() / len(frame)
    assert by_chance > by_field + 0.1 > most + 0.1, (
        "what is true of all fields is learnt, and is not all that scores"
    )


def test_some_image_series_of_a_stroke_are_missing_and_never_all(patients):
    scans, _, _ = patients

    missing = (scans == 0).all(axis=(1, 2, 3))

    assert 0.15 < missing.mean() < 0.35
    assert not missing.all(axis=1).any()


def test_images_and_columns_of_a_stroke_tell_more_than_either(patients):
    scans, columns, poor = patients
    seen = np.concatenate([scans.mean(axis=(1, 2, 3)), (scans == 0).all(axis=(1, 2, 3))], axis=1)

    def area(inputs):
        inputs = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
        fitted = LogisticRegression().fit(inputs[:800], poor[:800])
        return roc_auc_score(poor[800:], fitted.predict_proba(inputs[800:])[:, 1])

    images, clinical, both = area(seen), area(columns), area(np.concatenate([seen, columns], axis=1))
    assert min(images, clinical) > 0.6 and both > max(images, clinical)


def test_a_scan_is_one_clip_of_its_sequences_one_after_the_other():
    frame = read("volumes", series=6, groups=3)
    first = frame.filter(frame["clip"] == frame["clip"][0])

    assert [origin.split(":")[-2] for origin in first["origin"]] == [
        sequence for sequence in ("flair", "t1", "t1ce", "t2") for _ in range(8)
    ]


def test_the_grade_belongs_to_the_patient():
    frame = read("volumes")

    assert frame.select("group", "target").n_unique() == frame["group"].n_unique() == 80


SENTENCES = {
    "channels=4 of sources.problem=hyperspectral are the pixels": {"problem": "hyperspectral", "channels": 4},
    "set groups to 12 to 1200": {"problem": "hyperspectral", "groups": 3},
    "set groups to 1 to 240": {"problem": "volumes", "groups": 0},
    "set groups to 0": {"problem": "noise", "groups": 3},
    "label_channels names age": {"problem": "noise", "label_channels": ["age"]},
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sizes_that_a_problem_cannot_have_are_told(sentence):
    with pytest.raises(ValidationError, match=sentence):
        GeneratedConfig(**SENTENCES[sentence])
