"""Champion and challenger on the same test rows."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.comparison.duel import Champion, Terms, judge_challenger, judge_pair
from pipeline.config import Config
from pipeline.evaluation.division import Division
from pipeline.foundation.errors import ConfigError
from pipeline.foundation.files import write_json
from pipeline.foundation.folder import stage_folder
from pipeline.foundation.table import write_table
from pipeline.registry.lineage import NETWORK, Lineage
from tests.evaluation.conftest import class_table, forecast_table, skilled

CLASSES = ("cat", "dog", "owl")
START = datetime(2024, 1, 1)


def table(skill: float, *, count=600, seed=1, groups=None, times=None) -> pl.DataFrame:
    """Return answers of a model of some skill to the same targets."""
    random = np.random.default_rng(seed)
    target = np.arange(count) % 3
    return class_table(target, skilled(random, target, 3, skill), CLASSES, groups=groups, times=times)


def terms(head="classify", *, overlap=1, scale=None, config=None) -> Terms:
    return Terms(head, config or Config(), overlap, scale or {}, Division())


def make_lineage(*, data="d", trained_until=None) -> Lineage:
    return Lineage(
        model="cnn-lstm", head="classify", parameters=7, run=None, data=data, rows=600, as_of=None,
        trained_until=trained_until, settings="s", sections=dict.fromkeys(NETWORK, "a"), code="c", stages={},
        libraries={}, metric="accuracy", better="max", score=0.9, interval=(0.8, 0.95), samples=600,
    )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path):
    """Return a function that makes a project whose model gave some answers, and whose gates are as told."""

    def make(answers: pl.DataFrame, *, held=True, findings=(), outcome="beats") -> Path:
        def write(stage: str, **files: dict[str, object]) -> None:
            with stage_folder(tmp_path / "data" / stage) as out:
                for name, content in files.items():
                    write_json(content, out / f"{name}.json")
                if stage == "analyze":
                    write_table(answers, out / "predictions.parquet")
                if stage == "validate":
                    write_table(answers.select("sample_id"), out / "table.parquet")

        floor = {"name": "majority", "role": "floor", "scores": {"accuracy": 0.34}, "margin": 0.5}
        verdict = {"outcome": outcome, "headline": f"cnn-lstm {outcome}"}
        write("analyze")
        write("validate", verdict={"held": held, "passed": 600, "rows": 600})
        write(
            "preprocess",
            report={"split": "stratified", "counts": {}, "fold": None, "folds": None, "folds_of": None},
            audit={"findings": list(findings)},
        )
        write("baseline", report={"head": "classify", "kind": "images", "scale": {}})
        write(
            "evaluate", report={"verdict": verdict, "leaderboard": [{**floor, "margin_interval": [0.4, 0.6]}]}
        )
        return tmp_path

    return make


@pytest.fixture
def champion(tmp_path: Path):
    """Return a function that stores a champion with its answers."""

    def make(answers: pl.DataFrame, **lineage) -> Champion:
        bundle = tmp_path / "bundle"
        write_table(answers, bundle / "analyze" / "predictions.parquet")
        write_json(make_lineage(**lineage).model_dump(mode="json"), bundle / "lineage.json")
        return Champion("v1.0.0", bundle)

    return make


def test_the_better_one_is_ahead_and_the_interval_says_so():
    pair = judge_pair(table(3.0).lazy(), table(1.0, seed=2).lazy(), terms(), rows="all")

    assert pair.metric == "accuracy"
    assert pair.lead.challenger > pair.lead.score
    assert pair.lead.ahead == pytest.approx(pair.lead.challenger - pair.lead.score)
    assert 0 < pair.lead.interval[0] < pair.lead.ahead < pair.lead.interval[1]
    assert pair.samples == 600


def test_the_lead_of_one_is_the_lag_of_the_other():
    first, second = table(3.0).lazy(), table(1.0, seed=2).lazy()

    ahead = judge_pair(first, second, terms(), rows="").lead
    behind = judge_pair(second, first, terms(), rows="").lead

    assert behind.ahead == pytest.approx(-ahead.ahead)
    assert behind.interval == pytest.approx((-ahead.interval[1], -ahead.interval[0]))


def test_pairs_of_the_same_rows_are_told_apart_where_two_separate_intervals_would_overlap():
    """The second errs on the same rows and a few more: paired, that is certain; apart, it would drown in noise."""
    better = table(1.5)
    right = better.filter(pl.col("prediction") == pl.col("target"))["sample_id"]
    wrong = better["sample_id"] < right[40]
    worse = better.with_columns(prediction=pl.when(wrong).then(pl.lit("owl")).otherwise(pl.col("prediction")))

    pair = judge_pair(better.lazy(), worse.lazy(), terms(), rows="")

    assert pair.lead.interval[0] > 0
    assert pair.lead.interval[1] - pair.lead.interval[0] < 0.06


def test_whole_groups_are_drawn_where_samples_of_a_group_are_no_two_witnesses():
    groups = [f"patient {number // 60}" for number in range(600)]

    pair = judge_pair(
        table(3.0, groups=groups).lazy(), table(1.0, seed=2, groups=groups).lazy(), terms(), rows=""
    )

    assert pair.how == "10 whole groups"


def test_forecasts_are_judged_in_blocks_of_time_and_less_error_is_ahead():
    random = np.random.default_rng(0)
    target = np.sin(np.arange(300)[:, None, None] / 7 + np.arange(6))
    answers = [
        forecast_table(target, target + error * random.normal(size=target.shape), ["oil"])
        for error in (0.1, 0.5)
    ]

    pair = judge_pair(
        answers[0].lazy(), answers[1].lazy(), terms("forecast", overlap=6, scale={"oil": 0.7}), rows=""
    )

    assert (pair.metric, pair.better) == ("mse", "min")
    assert pair.lead.interval[0] > 0
    assert "blocks of" in pair.how


def test_on_the_same_data_the_stored_answers_are_compared(project, champion):
    folder = project(table(3.0))

    blessing = judge_challenger(folder, Config(), make_lineage(), champion=champion(table(1.0, seed=2)))

    assert blessing.blessed
    assert blessing.champion == "v1.0.0"
    assert blessing.pair.rows == "the test split of both, and what each answered when it was trained"
    json.loads(blessing.model_dump_json())


def test_on_new_data_a_champion_that_nothing_lets_answer_keeps_its_place(project, champion):
    folder = project(table(3.0))

    blessing = judge_challenger(folder, Config(), make_lineage(data="new"), champion=champion(table(0.1)))

    assert not blessing.blessed
    assert (
        "was tested on other rows than the challenger, and nothing here can let it answer these"
        in blessing.reason
    )


def test_other_targets_at_the_same_ids_are_other_rows(project, champion):
    turned = table(0.1).with_columns(target=pl.col("target").reverse())

    blessing = judge_challenger(project(table(3.0)), Config(), make_lineage(), champion=champion(turned))

    assert not blessing.blessed
    assert "other rows" in blessing.reason


def test_on_new_data_the_champion_answers_the_challengers_rows_where_something_lets_it(project, champion):
    folder, asked = project(table(3.0)), []

    def score(bundle: Path, rows: Path, wanted: pl.DataFrame) -> pl.DataFrame:
        asked.append((bundle, rows, wanted))
        return table(1.0, seed=2).drop("target")

    held = champion(table(0.1, count=300))
    blessing = judge_challenger(folder, Config(), make_lineage(data="new"), champion=held, score=score)

    assert blessing.blessed
    assert blessing.pair.rows == "the challenger's test split, which the champion was let answer"
    assert asked[0][:2] == (held.bundle, folder / "data" / "validate" / "table.parquet")
    assert asked[0][2].columns == ["sample_id", "group", "time"]
    assert asked[0][2].height == 600


def test_rows_up_to_the_champions_training_are_left_out_of_the_comparison(project, champion):
    times = [START + timedelta(hours=hour) for hour in range(600)]
    until = times[199].isoformat()

    def score(_bundle: Path, _rows: Path, wanted: pl.DataFrame) -> pl.DataFrame:
        answers = table(1.0, seed=2, times=times)
        return answers.filter(pl.col("sample_id").is_in(wanted["sample_id"].implode()))

    blessing = judge_challenger(
        project(table(3.0, times=times)), Config(), make_lineage(data="new"),
        champion=champion(table(0.1), trained_until=until), score=score,
    )  # fmt: skip

    assert blessing.pair.samples == 400
    assert f"without 200 samples up to {until} that it was trained on" in blessing.pair.rows


def test_a_champion_that_was_trained_on_all_of_it_keeps_its_place(project, champion):
    times = [START + timedelta(hours=hour) for hour in range(600)]
    held = champion(table(0.1), trained_until=times[-1].isoformat())

    blessing = judge_challenger(
        project(table(3.0, times=times)), Config(), make_lineage(data="new"), champion=held,
        score=lambda *_: table(1.0),
    )  # fmt: skip

    assert not blessing.blessed
    assert "was trained on every test row" in blessing.reason


def test_rows_that_the_champion_cannot_answer_count_for_neither_and_are_told(project, champion):
    blessing = judge_challenger(
        project(table(3.0)), Config(), make_lineage(data="new"), champion=champion(table(0.1)),
        score=lambda *_: table(1.0, seed=2)[50:],
    )  # fmt: skip

    assert blessing.pair.samples == 550
    assert blessing.pair.rows.endswith(
        "which the champion was let answer, without 50 samples that it cannot answer"
    )


def test_answers_in_another_order_are_refused(project, champion):
    blessing = judge_challenger(
        project(table(3.0)), Config(), make_lineage(data="new"), champion=champion(table(0.1)),
        score=lambda *_: table(1.0).reverse(),
    )  # fmt: skip

    assert not blessing.blessed
    assert "answered other rows than it was asked" in blessing.reason


def refuse(*_: object) -> pl.DataFrame:
    raise ConfigError("temporal.kind=mamba is unknown")


@pytest.mark.parametrize(
    ("score", "reason"),
    [
        (refuse, "v1.0.0 cannot answer the challenger's rows: temporal.kind=mamba is unknown"),
        (lambda *_: table(1.0)[:0], "v1.0.0 cannot answer one of the challenger's rows"),
    ],
)
def test_a_champion_that_cannot_answer_keeps_its_place_and_the_reason_is_told(
    project, champion, score, reason
):
    folder = project(table(3.0))

    blessing = judge_challenger(
        folder, Config(), make_lineage(data="new"), champion=champion(table(0.1)), score=score
    )

    assert not blessing.blessed
    assert reason in blessing.reason


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"held": False}, "validation: 600 of 600 rows passed"),
        ({"findings": [{"severity": "leak", "sentence": "12 images are on two sides"}]}, "audit: 12 images"),
        ({"outcome": "one class"}, "verdict: cnn-lstm one class"),
    ],
)
def test_a_gate_that_is_closed_stops_the_best_model(project, champion, told, reason):
    folder = project(table(3.0), **told)

    blessing = judge_challenger(folder, Config(), make_lineage(), champion=champion(table(1.0, seed=2)))

    assert not blessing.blessed
    assert blessing.reason.startswith(reason)


def test_warnings_of_the_audit_close_no_gate(project):
    folder = project(table(3.0), findings=[{"severity": "warning", "sentence": "two classes are rare"}])

    assert judge_challenger(folder, Config(), make_lineage()).blessed


def test_a_champion_that_does_not_know_a_new_class_is_held_to_answer_it_wrongly(project, champion):
    known = table(3.0).drop("probability_owl").with_columns(pl.col("prediction").replace("owl", "cat"))

    blessing = judge_challenger(project(table(3.0)), Config(), make_lineage(), champion=champion(known))

    right = (known["prediction"] == known["target"]).mean()
    assert blessing.blessed
    assert blessing.pair.lead.score == pytest.approx(right)


def test_a_class_that_only_the_champion_knows_is_no_hindrance(project, champion):
    known = table(1.0, seed=2).with_columns(probability_fox=pl.lit(0.0, pl.Float32))
    known[0, "prediction"] = "fox"

    assert judge_challenger(project(table(3.0)), Config(), make_lineage(), champion=champion(known)).blessed
