from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import DataError, ShapeError
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.predictions import best_thresholds, prediction_table, split_samples

CLASSIFY = StreamMeta(
    kind="images",
    head="classify",
    window=1,
    frame=(1, 2, 2),
    channels=("grey",),
    classes=("cat", "dog", "eel"),
    offset=(0.0,),
    scale=(1.0,),
    counts={"train": 3, "val": 3, "test": 2},
)
FORECAST = StreamMeta(
    kind="series",
    head="forecast",
    window=4,
    frame=(3,),
    channels=("a", "b", "c"),
    targets=(2, 0),
    horizon=2,
    offset=(100.0, 0.0, -5.0),
    scale=(10.0, 1.0, 2.0),
    counts={"train": 3, "val": 3, "test": 2},
)


def samples(count: int) -> pl.DataFrame:
    times = [datetime(2024, 1, 1) + timedelta(hours=hour) for hour in range(count)]
    frame = pl.DataFrame({"sample_id": list(range(40, 40 + count)), "group": ["g"] * count, "time": times})
    return frame.with_columns(pl.col("time").cast(pl.Datetime("us")))


def test_a_classification_is_told_by_class_names_with_a_probability_column_each():
    shares = np.array([[0.2, 0.7, 0.1], [0.5, 0.2, 0.3]], np.float32)

    table = prediction_table(CLASSIFY, samples(2), answer=shares, target=np.array([1, 2]))

    assert table.columns == [
        *["sample_id", "group", "time", "step", "target", "prediction"],
        *["probability_cat", "probability_dog", "probability_eel"],
    ]
    assert table["target"].to_list() == ["dog", "eel"]
    assert table["prediction"].to_list() == ["dog", "cat"]
    assert table["step"].to_list() == [0, 0]
    assert table.schema["step"] == pl.Int32
    assert table.schema["probability_cat"] == pl.Float32
    np.testing.assert_array_equal(table["probability_eel"], shares[:, 2])


def test_a_forecast_is_told_by_window_channel_and_step_in_original_units():
    forecast = np.arange(8, dtype=np.float32).reshape(2, 2, 2)  # (window, step, target)
    target = -forecast

    table = prediction_table(FORECAST, samples(2), answer=forecast, target=target)

    assert table.columns == ["sample_id", "group", "time", "step", "channel", "target", "prediction"]
    assert table["sample_id"].to_list() == [40] * 4 + [41] * 4
    assert table["channel"].to_list() == ["c", "c", "a", "a"] * 2
    assert table["step"].to_list() == [1, 2, 1, 2] * 2
    assert table["prediction"].to_list() == [-5, -1, 110, 130, 3, 7, 150, 170]
    assert table["target"].to_list() == [-5, -9, 90, 70, -13, -17, 50, 30]
    assert table.schema["step"] == pl.Int32
    assert table.schema["prediction"] == table.schema["target"] == pl.Float32
    assert table.schema["time"] == pl.Datetime("us")


def test_samples_come_in_the_order_of_the_stream_and_only_from_their_split():
    listed = samples(4).with_columns(pl.Series("split", ["train", "test", "train", "test"]))

    own = split_samples(listed, "test", np.array([43, 41]))

    assert own["sample_id"].to_list() == [43, 41]
    assert own.columns == ["sample_id", "group", "time"]


@pytest.mark.parametrize("ids", [[41], [41, 42], [41, 43, 43]])
def test_a_list_of_samples_that_is_not_the_streams_is_refused(ids):
    listed = samples(4).with_columns(pl.Series("split", ["train", "test", "train", "test"]))

    with pytest.raises(DataError, match=r"2 samples of 'test' where the stream has"):
        split_samples(listed, "test", np.array(ids))


def test_an_answer_for_another_number_of_samples_is_refused():
    with pytest.raises(ShapeError, match="2 samples, 1 answers, 2 targets"):
        prediction_table(CLASSIFY, samples(2), answer=np.ones((1, 3)), target=np.array([0, 0]))


def test_an_answer_that_is_no_number_is_refused():
    shares = np.array([[0.2, np.nan, 0.1], [0.5, 0.2, 0.3]], np.float32)

    with pytest.raises(DataError, match="NaN or infinity"):
        prediction_table(CLASSIFY, samples(2), answer=shares, target=np.array([0, 0]))


MULTILABEL = CLASSIFY.model_copy(update={"head": "multilabel", "classes": ("joy", "fear")})
REGRESS = CLASSIFY.model_copy(
    update={
        "head": "regress",
        "classes": (),
        "target_name": "price",
        "target_offset": 100.0,
        "target_scale": 10.0,
    }
)


def test_several_labels_are_told_in_one_row_per_sample_and_label():
    shares = np.array([[0.5, 0.2], [0.4, 0.9]], np.float32)
    target = np.array([[1, 0], [0, 0]], np.float32)

    table = prediction_table(MULTILABEL, samples(2), answer=shares, target=target)

    assert table.columns == [
        *["sample_id", "group", "time", "step", "label", "target", "prediction", "probability"]
    ]
    assert table["sample_id"].to_list() == [40, 40, 41, 41]
    assert table["label"].to_list() == ["joy", "fear", "joy", "fear"]
    assert table["target"].to_list() == [True, False, False, False]
    assert table["prediction"].to_list() == [True, False, False, True]
    assert table.schema["step"] == pl.Int32
    assert table.schema["probability"] == pl.Float32
    assert table["step"].unique().to_list() == [0]


def test_a_label_is_predicted_from_its_own_threshold_on():
    shares = np.array([[0.5, 0.2], [0.4, 0.9]], np.float32)

    table = prediction_table(
        MULTILABEL, samples(2), answer=shares, target=shares > 0.45, thresholds=np.array([0.6, 0.2])
    )

    assert table["prediction"].to_list() == [False, True, False, True]


def test_a_number_is_told_as_a_forecast_of_one_step_in_original_units():
    number = np.array([[0.5], [-1.0]], np.float32)

    table = prediction_table(REGRESS, samples(2), answer=number, target=np.zeros((2, 1), np.float32))

    assert table.columns == ["sample_id", "group", "time", "step", "channel", "target", "prediction"]
    assert table["channel"].to_list() == ["price", "price"]
    assert table["step"].to_list() == [1, 1]
    assert table["target"].to_list() == [100.0, 100.0]
    assert table["prediction"].to_list() == [105.0, 90.0]
    assert table.schema["prediction"] == table.schema["target"] == pl.Float32


def test_the_threshold_of_a_label_is_the_one_with_the_best_f1():
    probability = np.array([[0.9, 0.1], [0.7, 0.1], [0.4, 0.1], [0.2, 0.1]])
    target = np.array([[1, 1], [1, 0], [0, 0], [0, 0]])

    thresholds = best_thresholds(probability, target)

    assert thresholds.tolist() == pytest.approx(
        [0.55, 0.05]
    )  # the second says the same of all: take them all


def test_no_threshold_on_val_gives_a_better_f1_than_the_one_found():
    random = np.random.default_rng(0)
    target = random.integers(2, size=(200, 3))
    probability = np.round(0.3 * target + random.uniform(size=(200, 3)), 1) / 1.3
    found = best_thresholds(probability, target)

    def f1(thresholds):
        taken = probability >= thresholds
        return 2 * (taken & (target == 1)).sum(0) / (taken.sum(0) + target.sum(0))

    for threshold in np.linspace(0.0, 1.1, 111):
        assert (f1(np.full(3, threshold)) <= f1(found) + 1e-12).all()


def test_a_label_that_no_sample_has_keeps_one_half_as_its_threshold():
    assert best_thresholds(np.full((3, 1), 0.9), np.zeros((3, 1))).tolist() == [0.5]
    assert best_thresholds(np.empty((0, 2)), np.empty((0, 2))).tolist() == [0.5, 0.5]
