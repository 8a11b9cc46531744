"""The tier ``reference``: data that are as they were hold, data that moved are told, with what moved."""

import json
from datetime import datetime, timedelta
from typing import get_args

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.foundation.files import write_json
from pipeline.quality.propose import propose_suite
from pipeline.quality.reference import read_reference
from pipeline.quality.rules_reference import ReferenceColumnMeasure, ReferenceTableMeasure
from pipeline.quality.suite import Suite
from pipeline.sources.base import SourceTable

NOTHING = "profile: []\n"


@pytest.fixture
def then(judged, tmp_path):
    """Return a function that accepts a table and returns what later ones are compared with."""

    def accept(frame: pl.DataFrame, **more):
        verdict = judged(NOTHING, frame, **more).verdict
        write_json(verdict.model_dump(mode="json"), tmp_path / "accepted.json")
        return read_reference(tmp_path / "accepted.json")

    return accept


@pytest.fixture
def meters(series):
    """Return a function that makes a series of 1,000 hours that begins after so many days."""

    def make(values=None, *, rows=1000, days=0, target=None, seed=0):
        start = datetime(2024, 1, 1) + timedelta(days=days)
        values = np.random.default_rng(seed).normal(size=rows) if values is None else values
        time = [start + timedelta(hours=n) for n in range(len(values))]
        return series(oil=list(values), time=time, target=target)

    return make


def found(result) -> dict[str, str]:
    return {f.rule: f.status for f in result.verdict.findings if f.tier == "reference" and f.status != "held"}


def rule(text: str) -> str:
    return f"reference:\n  - {{{text}}}\n"


def test_data_like_those_accepted_hold_every_rule(judged, then, meters):
    accepted = then(meters(target=["on", "off"] * 500))

    result = judged(NOTHING, meters(target=["off", "on"] * 500, seed=1), reference=accepted)

    findings = [f for f in result.verdict.findings if f.tier == "reference"]
    assert {f.rule for f in findings} == {*get_args(ReferenceColumnMeasure), *get_args(ReferenceTableMeasure)}
    assert found(result) == {}
    assert result.verdict.compared_with == "1,000 rows, 2024-01-01 to 2024-02-11"


def test_without_a_reference_nothing_is_compared(judged, meters):
    verdict = judged(NOTHING, meters()).verdict

    assert [f for f in verdict.findings if f.tier == "reference"] == []
    assert verdict.compared_with is None


def test_a_suite_may_say_that_nothing_is_compared(judged, then, meters):
    result = judged("reference: []\n", meters(), reference=then(meters()))

    assert result.verdict.findings == ()


MOVED = {
    "another level": (lambda x: x + 2.0, {"psi", "ks"}),
    "another width": (lambda x: x * 3.0, {"psi", "ks"}),
    "one value for ever": (lambda x: x * 0.0, {"psi", "ks"}),
    "another unit": (lambda x: x * 1000.0, {"psi", "ks"}),
}


@pytest.mark.parametrize("name", MOVED)
def test_a_distribution_that_moved_warns_and_lets_the_run_go_on(name, judged, then, meters):
    move, rules = MOVED[name]
    values = np.random.default_rng(1).normal(size=1000)

    result = judged(NOTHING, meters(move(values)), reference=then(meters()))

    assert set(found(result)) == rules
    assert set(found(result).values()) == {"warned"}
    assert result.verdict.held


def test_chance_does_not_warn(judged, then, meters):
    accepted = then(meters())

    warned = [found(judged(NOTHING, meters(seed=seed), reference=accepted)) for seed in range(1, 9)]

    assert warned == [{}] * 8


def test_few_values_are_not_compared(judged, then, meters):
    result = judged(rule("rule: ks, columns: oil, max: 0.1"), meters([9.0] * 50), reference=then(meters()))

    assert result.finding.status == "held"
    assert result.finding.observed == "nothing to compare"


def test_the_distance_of_two_distributions_is_that_of_their_formulas(judged, then, meters):
    first, second = (
        np.random.default_rng(0).normal(size=20_000),
        np.random.default_rng(1).normal(0.5, size=20_000),
    )
    text = "reference:\n  - {rule: ks, columns: oil, max: 0}\n  - {rule: psi, columns: oil, max: 0}\n"

    result = judged(text, meters(second), reference=then(meters(first)))

    ks, psi = (float(f.failing["oil"]) for f in result.verdict.findings)
    places = np.concatenate([first, second])
    cuts = np.quantile(first, np.arange(1, 10) / 10)
    shares = [np.bincount(np.searchsorted(cuts, side), minlength=10) / len(side) for side in (second, first)]
    exact_psi = ((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum()
    exact_ks = np.abs(
        np.searchsorted(np.sort(first), places, "right") - np.searchsorted(np.sort(second), places, "right")
    ).max() / len(first)
    assert ks == pytest.approx(exact_ks, abs=0.005)
    assert psi == pytest.approx(exact_psi, rel=0.05)


def test_numbers_that_are_codes_are_compared_one_by_one(judged, then, meters):
    text = "reference:\n  - {rule: ks, columns: oil, max: 0}\n  - {rule: psi, columns: oil, max: 0}\n"

    result = judged(
        text, meters([0.0] * 300 + [1.0] * 700), reference=then(meters([0.0] * 600 + [1.0] * 400))
    )

    ks, psi = (float(f.failing["oil"]) for f in result.verdict.findings)
    assert ks == pytest.approx(0.3)
    assert psi == pytest.approx((0.3 - 0.6) * np.log(0.3 / 0.6) + (0.7 - 0.4) * np.log(0.7 / 0.4), rel=1e-3)


def test_new_and_missing_categories_and_classes_are_named(judged, then, texts):
    frame = texts(["x"] * 6, ["joy", "joy", "anger", "anger", "fear", "fear"]).rename({"text": "town"})
    now = texts(["x", "x", "y", "y", "z", None], ["joy", "joy", "joy", "anger", "anger", "shame"]).rename(
        {"text": "town"}
    )

    result = judged(NOTHING, now, categories=["town"], reference=then(frame, categories=["town"]))

    failing = {f.rule: f.failing for f in result.verdict.findings if f.status == "warned"}
    assert failing["new_values"] == {"town": "2: y, z", "target": "1: shame"}
    assert failing["missing_values"] == {"target": "1: fear"}
    assert failing["null_rise"] == {"town": "0.1667"}


def test_missing_groups_are_named(judged, then, series):
    frame = series(oil=[1.0] * 4, group=["AAPL", "AAPL", "HD", "HD"])

    result = judged(NOTHING, frame.filter(group="HD"), reference=then(frame))

    failing = {f.rule: f.failing for f in result.verdict.findings if f.status == "warned"}
    assert failing["missing_values"] == {"group": "1: AAPL"}
    assert failing["rows_ratio"] == {"rows_ratio": "0.5 (2 rows now, 4 then)"}


def test_days_that_are_gone_are_counted_and_named(judged, then, meters):
    frame = meters(rows=240)
    now = frame.filter(pl.col("time").dt.day() != 4)

    result = judged(NOTHING, now, reference=then(frame))

    failing = {f.rule: f.failing for f in result.verdict.findings if f.status == "warned"}
    assert failing == {"lost_days": {"lost_days": "1: 2024-01-04"}}


def test_days_that_come_anew_are_no_loss(judged, then, meters):
    result = judged(NOTHING, meters(rows=2000), reference=then(meters()))

    assert found(result) == {}


def test_a_rule_may_stop_the_run(judged, then, meters):
    text = rule("rule: rows_ratio, min: 0.9, on_fail: stop")

    result = judged(text, meters(rows=500), reference=then(meters()))

    assert not result.verdict.held
    assert result.finding.failing == {"rows_ratio": "0.5 (500 rows now, 1,000 then)"}
    assert result.finding.place == "quality.yaml:2"


def test_great_expectations_judges_the_distances(judged, then, meters):
    result = judged(rule("rule: ks, columns: channels, max: 0.2"), meters(), reference=then(meters()))

    assert result.finding.expectation == "expect_column_values_to_be_between"
    assert result.finding.checked == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rule: psi, columns: [oill], max: 1", "the table has no column oill; did you mean oil?"),
        ("rule: psy, columns: oil, max: 1", "rule=psy is unknown; did you mean psi?"),
        ("rule: psi, columns: oil", "it needs min, max or both"),
        ("rule: rows, min: 1", "the rule rows belongs under profile:"),
    ],
)
def test_a_mistake_in_the_tier_is_told_with_its_line(text, said, judged, meters):
    with pytest.raises(ConfigError) as error:
        judged(rule(text), meters())

    assert said in str(error.value)
    assert "quality.yaml:2" in str(error.value)


def test_the_usual_rules_are_those_that_are_proposed(meters):
    table = SourceTable("series", meters(), ("oil",))

    proposed = propose_suite(table)

    assert proposed.count("\nreference:") == 1
    for one in Suite().reference:
        assert f"rule: {one.rule}" in proposed


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"profile": {}}', '{"profile": {"table": 3}}', "\x00"])
def test_a_file_that_is_no_verdict_is_told_in_a_sentence(content, tmp_path):
    (tmp_path / "verdict.json").write_text(content)

    with pytest.raises(DataError, match="is no verdict with a profile"):
        read_reference(tmp_path / "verdict.json")


def test_a_missing_file_is_told_with_the_command_that_makes_it(tmp_path):
    with pytest.raises(DataError, match="does not exist; `convoy accept`"):
        read_reference(tmp_path / "verdict.json")


def test_equal_data_give_equal_bytes(judged, meters):
    frame = meters(rows=5000)

    written = {json.dumps(judged(NOTHING, frame).verdict.model_dump(mode="json")) for _ in range(3)}

    assert len(written) == 1
