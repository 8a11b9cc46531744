"""The decision: who may become champion, and what is said about it."""

import polars as pl
import pytest

from pipeline.registry.blessing import Gate, Hearing, Lead, Pair, decide
from pipeline.registry.config import RegistryConfig

TABLE = pl.LazyFrame({"sample_id": [1], "prediction": ["a"]})
HELD = (Gate(name="validation", held=True, evidence="all rows passed"),)
LEAK = Gate(name="audit", held=False, evidence="12 of 80 test images are in train")


def lead(ahead: float, interval: tuple[float, float] | None, *, other="the champion", score=0.8) -> Lead:
    return Lead(other=other, challenger=score + ahead, score=score, ahead=ahead, interval=interval)


def pair(ahead: float, interval: tuple[float, float] | None, *, score=0.8) -> Pair:
    return Pair(
        metric="accuracy", better="max", lead=lead(ahead, interval, score=score), samples=400, confidence=0.95,
        how="400 single samples", rows="the test split of both",
    )  # fmt: skip


def decided(found: Pair | None, *, champion="v1.0.0", drift=False, gates=HELD, floors=(), margin=0.05):
    def compare(challenger: pl.LazyFrame, other: pl.LazyFrame) -> Pair:
        assert challenger is TABLE
        assert other is TABLE
        return found

    hearing = Hearing("cnn-lstm", champion, compare, gates, floors, drift=drift)
    return decide(TABLE, None if found is None else TABLE, hearing, RegistryConfig(margin=margin))


def test_a_challenger_that_is_better_by_more_than_the_margin_beyond_noise_is_blessed():
    blessing = decided(pair(0.1, (0.041, 0.159)))  # 5 % of 0.8 are 0.04

    assert blessing.blessed
    assert blessing.reason == (
        "accuracy 0.9 against 0.8 of the champion v1.0.0; "
        "ahead by 0.1, interval 0.041 to 0.159, above the margin of 0.04"
    )


@pytest.mark.parametrize("interval", [(0.039, 0.161), (-0.01, 0.21), (0.04, 0.16)])
def test_a_lead_whose_interval_reaches_the_margin_is_not_enough(interval):
    blessing = decided(pair(0.1, interval))

    assert not blessing.blessed
    assert "not above the margin of 0.04" in blessing.reason


def test_after_drift_it_only_must_not_be_worse_than_by_the_margin():
    assert decided(pair(0.0, (-0.03, 0.03)), drift=True).blessed
    assert not decided(pair(0.0, (-0.05, 0.05)), drift=True).blessed
    assert not decided(pair(0.0, (-0.03, 0.03)), drift=False).blessed


def test_an_error_that_falls_is_a_lead_like_a_share_that_rises():
    found = Pair(
        metric="mse", better="min", lead=lead(0.1, (0.05, 0.15), score=0.4), samples=400, confidence=0.95,
        how=None, rows="",
    )  # fmt: skip

    assert decided(found).blessed


def test_without_an_interval_nobody_is_blessed():
    blessing = decided(pair(0.4, None))

    assert not blessing.blessed
    assert "without an interval: 400 single samples" in blessing.reason


def test_a_gate_that_did_not_hold_outweighs_every_lead_and_comes_first():
    blessing = decided(pair(0.3, (0.2, 0.4)), gates=(*HELD, LEAK))

    assert not blessing.blessed
    assert blessing.reason.startswith("audit: 12 of 80 test images are in train; accuracy")


def test_a_first_model_has_to_beat_every_floor():
    floors = (lead(0.3, (0.2, 0.4), other="majority"), lead(0.1, (0.02, 0.18), other="single_threshold"))

    blessing = decided(None, champion=None, floors=floors)

    assert blessing.blessed
    assert blessing.floors == floors
    assert blessing.reason == (
        "the first model, and it beats every floor; ahead by 0.1, interval 0.02 to 0.18, of single_threshold"
    )


@pytest.mark.parametrize("interval", [(-0.02, 0.18), (0.0, 0.2), None])
def test_a_first_model_within_noise_of_a_floor_is_not_promoted(interval):
    blessing = decided(None, champion=None, floors=(lead(0.1, interval, other="majority"),))

    assert not blessing.blessed
    assert "does not beat the floor majority" in blessing.reason


def test_a_first_model_without_floors_is_not_promoted():
    assert not decided(None, champion=None).blessed


def test_a_champion_without_answers_keeps_its_place():
    blessing = decided(None, floors=(lead(0.3, (0.2, 0.4), other="majority"),))

    assert not blessing.blessed
    assert blessing.reason == "the champion v1.0.0 has no answers to these rows"
