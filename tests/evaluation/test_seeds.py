"""Several trainings of one model: their mean is the score, how they differ is part of the interval."""

import polars as pl
import pytest

from pipeline.evaluation.panel import judge_classes


def with_trainings(case, name, tables):
    return type(case)(**{**vars(case), "tables": {**case.tables, name: tables}})


def flipped(table, share):
    """Return a table in which that share of the answers is another class."""
    other = pl.when(pl.col("prediction") == "a").then(pl.lit("b")).otherwise(pl.lit("a"))
    few = pl.int_range(pl.len()) < share * pl.len()
    return table.with_columns(prediction=pl.when(few).then(other).otherwise("prediction")).lazy()


def test_the_score_of_several_trainings_is_their_mean(class_case):
    case = class_case(("a", "b"))
    own = case.tables["logistic"][0].collect()
    single = [
        judge_classes(with_trainings(case, "logistic", [table])) for table in (own.lazy(), flipped(own, 0.4))
    ]
    scores = [next(line for line in judged.lines if line.name == "logistic").scores for judged in single]

    both = judge_classes(with_trainings(case, "logistic", [own.lazy(), flipped(own, 0.4)]))

    line = next(line for line in both.lines if line.name == "logistic")
    assert line.trainings == 2
    assert line.scores["accuracy"] == pytest.approx(sum(each["accuracy"] for each in scores) / 2)
    assert line.spread == pytest.approx(abs(scores[0]["accuracy"] - scores[1]["accuracy"]) / 2**0.5)


def test_trainings_that_differ_make_the_interval_wider(class_case):
    case = class_case(("a", "b"))
    own = case.tables["logistic"][0].collect()

    def width(tables):
        line = next(
            line
            for line in judge_classes(with_trainings(case, "logistic", tables)).lines
            if line.name == "logistic"
        )
        low, high = line.intervals["accuracy"]
        return high - low

    alike, unlike = [own.lazy()] * 3, [own.lazy(), flipped(own, 0.3), flipped(own, 0.6)]
    assert width(unlike) > 2 * width(alike)


def test_a_comparison_with_hybrids_is_decided_against_those_that_are_none(class_case):
    case = class_case(("a", "b"))
    own = case.tables["cnn-lstm"][0]
    twin = case.entrants[0].model_copy(update={"name": "lstm-cnn", "role": "hybrid"})
    case = type(case)(
        **{**vars(case), "entrants": [*case.entrants, twin], "tables": {**case.tables, "lstm-cnn": [own]}}
    )

    assert judge_classes(case).verdict.rival == "logistic"
