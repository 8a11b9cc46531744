"""Folds test in their turn, each in a small project of its own that shares the rows which passed the gate."""

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.comparison.config import ComparisonPlan
from pipeline.comparison.turns import check_folds, turns_of
from pipeline.config import Config
from pipeline.foundation.errors import ConfigError
from pipeline.sources.catalogue.archive import unpack
from pipeline.sources.catalogue.entry import entry
from pipeline.stages.run import run
from tests.comparison.conftest import BRIEF, call

DATA = Path(__file__).parents[2].parent / "shared" / "datasets"


def plan(folds):
    return ComparisonPlan(folds=folds)


def samples_of_test(turn):
    samples = pl.read_parquet(turn.project / "data" / "preprocess" / "samples.parquet")
    return set(samples.filter(pl.col("split") == "test")["sample_id"].to_list())


def test_one_fold_is_the_project_itself(folded, in_folds):
    (turn,) = turns_of(folded, in_folds, plan("one"))

    assert turn.project == folded and turn.name == "" and turn.config == in_folds


def test_every_sample_is_tested_in_one_fold_only(folded, in_folds):
    turns = turns_of(folded, in_folds, plan("all"))
    for turn in turns:
        if not turn.is_done:
            turn.prepare()
            call(turn.project, "turn")

    parts = [samples_of_test(turn) for turn in turns]
    assert [turn.name for turn in turns] == ["fold 1 of 3", "fold 2 of 3", "fold 3 of 3"]
    assert sum(map(len, parts)) == len(set().union(*parts)) == 1797


def test_floors_and_rivals_of_a_fold_answer_its_own_test_samples(folded, in_folds):
    turn = turns_of(folded, in_folds, plan((2,)))[0]
    turn.prepare()
    call(turn.project, "turn")

    logistic = pl.read_parquet(turn.project / "data" / "baseline" / "logistic.parquet")
    assert set(logistic["sample_id"].to_list()) == samples_of_test(turn)
    assert turn.project != folded and turn.is_done


def test_what_an_interrupted_fold_has_made_is_kept(folded, in_folds):
    turn = turns_of(folded, in_folds, plan((1,)))[0]
    turn.prepare()
    call(turn.project, "turn")
    stream = turn.project / "data" / "preprocess" / "stream.npy"
    made = stream.stat().st_mtime_ns
    shutil.rmtree(turn.project / "data" / "baseline")
    assert not turn.is_done

    call(turn.project, "turn")

    assert turn.is_done and stream.stat().st_mtime_ns == made


def test_other_settings_of_preprocessing_are_other_folds_and_other_settings_of_training_are_not(
    folded, in_folds
):
    narrow = in_folds.model_copy(
        update={"preprocessing": in_folds.preprocessing.model_copy(update={"shift": 1})}
    )
    longer = in_folds.model_copy(update={"training": in_folds.training.model_copy(update={"epochs": 9})})
    first, second, third = (
        turns_of(folded, each, plan((1,)))[0].project for each in (in_folds, narrow, longer)
    )

    assert first != second and first == third


def test_a_split_without_folds_cannot_be_pooled():
    config = Config.model_validate(BRIEF)

    with pytest.raises(
        ConfigError, match=r"the plan pools folds=all, and preprocessing\.split\.kind=stratified has"
    ):
        check_folds(plan("all"), config)
    check_folds(plan("one"), config)


def test_a_fold_that_is_not_there_is_told_with_those_that_are(folded, in_folds):
    with pytest.raises(
        ConfigError, match=r"asks for fold 7, counted from 0, and the split has 3: fold 1 of 3"
    ):
        turns_of(folded, in_folds, plan((0, 7)))


@pytest.mark.real
def test_each_signer_tests_in_turn_and_never_trains_for_it(tmp_path):
    if not DATA.is_dir():
        pytest.skip("the folder of public data sets, ../shared/datasets, is not here")
    unpack(DATA / "asl_gesture_frames" / "asl_gesture_subset.tar", tmp_path / "clips")
    known = json.loads(
        json.dumps(entry("asl_gesture_frames").tree).replace("{data}", str(tmp_path / "clips"))
    )
    brief = {
        "extraction": {"kind": "conv2d", "steps": "frames"},
        "baselines": {"kinds": ["majority", "logistic"]},
    }
    config = Config.model_validate({**known, **brief})
    (tmp_path / "quality.yaml").write_text((Path(__file__).parents[2] / "quality.yaml").read_text())
    run("ingest", config, tmp_path)
    passed(tmp_path)
    for stage in ("preprocess", "baseline"):
        run(stage, config, tmp_path)

    turns = turns_of(tmp_path, config, plan("all"))
    assert [turn.name for turn in turns] == ["jack", "tom"]
    for turn in turns:
        if not turn.is_done:
            turn.prepare()
            call(turn.project, "turn")
        samples = pl.read_parquet(turn.project / "data" / "preprocess" / "samples.parquet")
        groups = {split: set(part["group"]) for (split,), part in samples.group_by("split")}
        assert groups["test"] == {turn.name}
        assert turn.name not in groups["train"] | groups["val"]
    assert np.array_equal(
        sorted(samples_of_test(turns[0]) | samples_of_test(turns[1])), sorted(set(samples["sample_id"]))
    )


def passed(project):
    """Let every row pass the gate: what it says is not the matter here."""
    from pipeline.foundation.folder import stage_folder

    with stage_folder(project / "data" / "validate") as out:
        shutil.copyfile(project / "data" / "ingest" / "table.parquet", out / "table.parquet")
