"""A look at a folder of images proposes settings a person would choose, and says why."""

import numpy as np
import pytest
from PIL import Image

from pipeline.foundation.errors import DataError
from pipeline.proposal.choice import Wishes
from pipeline.proposal.propose import propose


def pictures(root, counts, *, size=(40, 30), colour=False):
    rng = np.random.default_rng(0)
    for name, count in counts.items():
        (root / name).mkdir(parents=True)
        for index in range(count):
            grey = rng.integers(0, 256, size, dtype=np.uint8)
            bands = rng.integers(0, 256, (*size, 3), dtype=np.uint8) if colour else np.stack([grey] * 3, -1)
            Image.fromarray(bands).save(root / name / f"{index}.png")
    return root


def test_a_folder_of_class_folders_is_classified_at_its_own_size(tmp_path):
    proposal = propose(pictures(tmp_path / "p", {"cat": 20, "dog": 20}), Wishes())

    config = proposal.config.preprocessing
    assert (config.kind, config.height, config.width, config.split.kind) == ("images", 40, 32, "stratified")
    assert proposal.config.heads.class_weights == "none"


def test_three_equal_bands_are_grey_and_three_different_ones_are_colour(tmp_path):
    grey = propose(pictures(tmp_path / "grey", {"a": 5, "b": 5}), Wishes())
    colour = propose(pictures(tmp_path / "colour", {"a": 5, "b": 5}, colour=True), Wishes())

    assert (grey.config.preprocessing.colour, colour.config.preprocessing.colour) == ("grey", "rgb")


def test_rare_classes_weigh_more_and_are_warned_of(tmp_path):
    proposal = propose(pictures(tmp_path / "p", {"cat": 40, "dog": 10}), Wishes())

    assert proposal.config.heads.class_weights == "balanced"
    assert any("fewer than 30 samples (dog)" in warning for warning in proposal.warnings)


def test_folders_named_train_and_test_give_the_split(tmp_path):
    for part in ("train", "test"):
        pictures(tmp_path / "p" / part, {"cat": 6, "dog": 6})

    assert propose(tmp_path / "p", Wishes()).config.preprocessing.split.kind == "given"


def test_one_class_is_not_enough(tmp_path):
    with pytest.raises(DataError, match="all 4 images belong to the class 'cat'"):
        propose(pictures(tmp_path / "p", {"cat": 4, "empty": 0}), Wishes())


def test_only_images_in_class_folders_are_counted(tmp_path):
    root = pictures(tmp_path / "p", {"cat": 6, "dog": 6})
    Image.new("L", (8, 8)).save(root / "logo.png")

    assert "12 images" in propose(root, Wishes()).choices[0].reason


def test_rows_in_order_are_no_matter_of_images(tmp_path):
    with pytest.raises(DataError, match="--ordered is for tables"):
        propose(pictures(tmp_path / "p", {"a": 5, "b": 5}), Wishes(ordered=True))
