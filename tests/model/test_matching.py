"""Networks of like size, and which ablations a stream allows."""

import pytest

from pipeline.extraction.config import Conv1dConfig, Conv2dConfig
from pipeline.model.build import build_net
from pipeline.model.matching import ablations, match_parameters, parameters_of
from pipeline.model.saved import count_parameters
from pipeline.temporal.config import ConvLstmConfig, LstmConfig

WIDE = {"extraction": Conv1dConfig(features=(16, 32)), "temporal": LstmConfig(hidden=32)}


def test_counting_builds_nothing_and_finds_what_building_finds(forecaster, classifier):
    for blueprint in (forecaster(input_norm="batch"), classifier(pooling="attention")):
        assert parameters_of(blueprint) == count_parameters(build_net(blueprint, seed=0))


def test_a_network_that_no_memory_holds_can_be_counted(forecaster):
    blueprint = forecaster(order="lstm", temporal=LstmConfig(hidden=200_000))

    assert parameters_of(blueprint) > 1.6e11  # 4 · hidden²: 640 GB


@pytest.mark.parametrize("order", ["cnn-lstm", "lstm-cnn", "parallel", "cnn", "lstm"])
@pytest.mark.parametrize("target", [3_000, 40_000, 1_000_000])
def test_any_order_is_brought_within_a_twentieth_of_any_size(forecaster, order, target):
    matched = match_parameters(forecaster(order=order, **WIDE), target)

    assert matched.is_close and abs(matched.parameters / target - 1) <= 0.05
    assert matched.parameters == count_parameters(build_net(matched.blueprint, seed=0))


def test_all_widths_grow_by_one_factor(forecaster):
    matched = match_parameters(forecaster(**WIDE), 1_000_000).blueprint

    first, second = matched.extraction.features
    assert second == pytest.approx(2 * first, abs=1) and matched.temporal.hidden == pytest.approx(
        second, abs=1
    )


def test_its_own_size_gives_the_blueprint_back(forecaster):
    blueprint = forecaster(**WIDE)

    matched = match_parameters(blueprint, parameters_of(blueprint))

    assert matched.blueprint == blueprint and matched.off == 0.0


def test_a_size_that_no_width_gives_is_answered_by_the_nearest_and_how_far_off_it_is(forecaster):
    matched = match_parameters(forecaster(order="lstm"), 10)

    assert matched.blueprint.temporal.hidden == 1
    assert not matched.is_close and matched.off == matched.parameters / 10 - 1


def test_between_two_widths_the_nearer_one_is_taken(forecaster):
    blueprint = forecaster(order="lstm", temporal=LstmConfig(hidden=1))
    one, two = (parameters_of(forecaster(order="lstm", temporal=LstmConfig(hidden=size))) for size in (1, 2))

    assert match_parameters(blueprint, one + 1).blueprint.temporal.hidden == 1
    assert match_parameters(blueprint, two - 1).blueprint.temporal.hidden == 2


def test_a_series_allows_every_order_and_disorder(forecaster):
    found = ablations(forecaster(**WIDE))

    assert set(found.matched) == {"lstm-cnn", "parallel", "cnn", "lstm", "shuffled"}
    assert not found.left_out
    assert all(each.is_close for each in found.matched.values())
    assert {name: each.blueprint.model.order for name, each in found.matched.items()} == {
        "lstm-cnn": "lstm-cnn", "parallel": "parallel", "cnn": "cnn", "lstm": "lstm", "shuffled": "cnn-lstm",
    }  # fmt: skip
    assert found.matched["shuffled"].blueprint.model.steps == "shuffled"


def test_a_cnn_alone_is_not_judged_by_its_last_step(forecaster):
    found = ablations(forecaster(pooling="last", **WIDE)).matched

    assert [found[name].blueprint.model.pooling for name in ("cnn", "parallel", "lstm", "lstm-cnn")] == [
        "mean", "mean", "last", "last",
    ]  # fmt: skip


def test_whole_images_leave_the_lstm_nothing_to_read_and_say_so(classifier):
    found = ablations(classifier(window=1, frame=(1, 8, 8)))

    assert set(found.matched) == {"cnn"}
    assert found.left_out["lstm"] == (
        "model.order=lstm reads the steps of the input, and each sample is a single one"
    )
    assert "no order to take away" in found.left_out["shuffled"]


def test_clips_leave_out_what_cannot_convolve_over_a_recurrence(classifier):
    maps = Conv2dConfig(features=(4,), steps="maps")
    found = ablations(
        classifier(window=4, frame=(3, 4, 4), extraction=maps, temporal=ConvLstmConfig(hidden=4))
    )

    assert set(found.matched) == {"cnn", "lstm", "parallel", "shuffled"}
    assert "extraction.kind=conv2d reads images" in found.left_out["lstm-cnn"]


def test_an_ablation_is_trained_whole_also_where_the_hybrid_keeps_its_cnn(forecaster):
    frozen = Conv1dConfig(features=(8,), freeze=True, weights="given.safetensors")

    for each in ablations(forecaster(extraction=frozen)).matched.values():
        assert not each.blueprint.extraction.freeze and each.blueprint.extraction.weights is None
