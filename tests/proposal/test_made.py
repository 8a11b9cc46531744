"""A project of generated samples needs no file, and reads them as they are meant."""

import pytest

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.preprocessing.config import ClipsConfig
from pipeline.proposal.choice import Wishes
from pipeline.proposal.propose import propose


def proposed(problem, **sources):
    return propose(None, Wishes(settings={"sources": {"kind": "generated", "problem": problem, **sources}}))


def test_the_reason_for_the_source_is_that_the_settings_name_it():
    chosen = proposed("noise", series=40, steps=20).choices[0]

    assert (chosen.setting, chosen.value, chosen.reason) == (
        "sources.kind",
        "generated",
        "as the settings say",
    )


def test_series_are_whole_samples():
    config = proposed("noise", series=40, steps=20).config

    assert (config.preprocessing.kind, config.preprocessing.longest, config.heads.kind) == (
        "whole",
        20,
        "classify",
    )


def test_the_wavelengths_of_a_pixel_are_steps_and_its_neighbours_channels():
    config = proposed("hyperspectral", series=300, groups=12).config

    images = config.preprocessing
    assert (images.height, images.width, images.frames, images.split.kind) == (48, 9, "rows", "group")
    assert config.extraction.kind == "conv1d"


def test_each_image_series_of_a_stroke_has_a_chain_and_the_columns_come_along():
    config = proposed("stroke", series=60, label_channels=["age", "severity"]).config

    assert (config.model.streams, config.preprocessing.static) == ("each", ("age", "severity"))
    assert (config.preprocessing.colour, config.preprocessing.split.kind) == ("rgb", "stratified")


def test_the_sequences_of_a_scan_are_four_steps_of_a_volume_each():
    config = proposed("volumes", series=60, groups=20).config

    clips = config.preprocessing
    assert isinstance(clips, ClipsConfig)
    assert (clips.frames, clips.volumes, clips.depth, clips.split.kind) == (4, "files", 8, "group")
    assert config.extraction.kind == "conv3d"


def test_what_the_settings_say_outweighs_how_samples_are_meant_to_be_read():
    said = {
        "sources": {"kind": "generated", "problem": "volumes"},
        "preprocessing": {"kind": "clips", "depth": 4},
    }

    clips = propose(None, Wishes(settings=said)).config.preprocessing

    assert (clips.depth, clips.volumes) == (4, "files")


def test_a_column_cannot_be_named_of_samples_that_have_none():
    with pytest.raises(
        DataError, match=r"--target y is for tables; here sources\.problem=noise says what it is"
    ):
        propose(None, Wishes(target="y", settings={"sources": {"kind": "generated", "problem": "noise"}}))


def test_other_kinds_without_data_are_told_what_they_lack():
    with pytest.raises(ConfigError, match=r"sources\.path \(sources\.kind=csv\)"):
        propose(None, Wishes(settings={"sources": {"kind": "csv"}}))
