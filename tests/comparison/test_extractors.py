"""Candidates that would fit the same extractor share it, and nothing else changes by that."""

import shutil
from dataclasses import replace

import pytest

from pipeline.comparison.contest import Contest
from pipeline.comparison.extractors import leave, take
from pipeline.comparison.plan import parsed_plan
from pipeline.comparison.trainings import EXTRACTED, extractor_key
from pipeline.foundation.folder import stage_folder
from pipeline.foundation.times import read_times
from pipeline.stages.fitting import EXTRACTOR
from pipeline.stages.run import sections
from tests.comparison.conftest import train

PLAN = {
    "ablations": False,
    "candidates": {
        "gru": {"settings": {"temporal.kind": "gru"}},
        "other": {"settings": {"extraction.features": [6]}},
    },
}


@pytest.fixture
def fitting(config):
    """Params with an extractor that is fitted apart from the rest, and whose features are kept."""
    extraction = config.extraction.model_copy(update={"epochs": 1, "freeze": True})
    return config.model_copy(update={"extraction": extraction})


def weights(training):
    return training.folder / "data" / "extract" / EXTRACTOR


def test_an_extractor_is_fitted_once_and_its_time_counts_for_each(digits, fitting, tmp_path):
    own, gru, other = Contest.of(digits, fitting, parsed_plan(PLAN, "compare.yaml")).trainings()
    alone = replace(gru, folder=tmp_path / "alone", extractor=None)

    train(own)
    own.share()
    assert gru.prepare()
    assert not other.prepare()
    train(gru)
    train(alone)

    assert weights(gru).stat().st_ino == weights(own).stat().st_ino
    assert gru.predictions.read_bytes() == alone.predictions.read_bytes()
    assert read_times(gru.folder, "extract") == read_times(own.folder, "extract") != {}


def test_all_that_the_stage_obeys_is_in_the_name(digits, fitting):
    assert sections("extract") == EXTRACTED
    data = digits / "data" / "preprocess"
    names = {extractor_key(fitting, data)}
    for section, changes in {
        "extraction": {"features": (6,)},
        "heads": {"label_smoothing": 0.1},
        "model": {"dropout": 0.5},
        "training": {"learning_rate": 0.5},
        "run": {"seed": 7},
    }.items():
        changed = getattr(fitting, section).model_copy(update=changes)
        names.add(extractor_key(fitting.model_copy(update={section: changed}), data))

    assert len(names) == 6


def test_what_reads_the_features_is_not_in_the_name(digits, fitting):
    data = digits / "data" / "preprocess"
    pooled = fitting.model_copy(update={"model": fitting.model.model_copy(update={"pooling": "mean"})})
    gru = fitting.model_copy(update={"temporal": fitting.temporal.model_copy(update={"hidden": 99})})

    assert extractor_key(pooled, data) == extractor_key(gru, data) == extractor_key(fitting, data)


def test_what_a_training_does_not_fit_it_does_not_share(digits, config):
    contest = Contest.of(digits, config, parsed_plan(PLAN, "compare.yaml"))

    assert {training.extractor for training in contest.trainings()} == {None}


@pytest.fixture
def left(tmp_path):
    """An extractor that a training left for others."""
    with stage_folder(tmp_path / "first" / "data" / "extract") as out:
        (out / EXTRACTOR).write_text("weights")
    leave(tmp_path / "first", tmp_path / "shared")
    shutil.rmtree(tmp_path / "first")
    return tmp_path / "shared"


@pytest.mark.parametrize("damage", ["changed", "missing", "manifest"])
def test_a_damaged_extractor_is_not_handed_on_but_removed(damage, left, tmp_path):
    extract = left / "extract"
    match damage:
        case "changed":
            (extract / EXTRACTOR).write_text("others")
        case "missing":
            (extract / EXTRACTOR).unlink()
        case "manifest":
            (extract / "manifest.json").write_text("{")

    assert not take(left, tmp_path / "second")
    assert not extract.exists()
    assert not (tmp_path / "second" / "data" / "extract").exists()


def test_a_damaged_one_of_a_training_that_is_not_done_is_taken_anew(left, tmp_path):
    (tmp_path / "second" / "data").mkdir(parents=True)
    assert take(left, tmp_path / "second")
    own = tmp_path / "second" / "data" / "extract" / EXTRACTOR
    own.unlink()
    own.write_text("others")

    assert take(left, tmp_path / "second")
    assert own.read_text() == "weights"
    assert not take(left, tmp_path / "second")


def test_what_a_killed_process_left_half_done_goes(left, tmp_path):
    half = tmp_path / "second" / "data" / ".extract.12345"
    half.mkdir(parents=True)
    (half / EXTRACTOR).write_text("wei")

    assert take(left, tmp_path / "second")
    assert [path.name for path in half.parent.iterdir()] == ["extract"]
