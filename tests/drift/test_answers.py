"""What predictions say, in columns that can be compared."""

import polars as pl

from pipeline.drift.answers import answer_columns


def table(**columns):
    rows = len(next(iter(columns.values())))
    keys = {"sample_id": range(rows), "group": ["a"] * rows, "time": [None] * rows, "step": [0] * rows}
    return pl.DataFrame({**keys, **columns})


def test_classes_give_the_predicted_one_its_probability_and_whether_it_is_right():
    answers, keys = answer_columns(
        table(
            target=["no", "no", None, None],
            prediction=["yes", "no", "yes", None],
            probability_no=[0.25, 0.5, 0.125, None],
            probability_yes=[0.75, 0.5, 0.875, None],
        )
    )

    assert answers.to_dict(as_series=False) == {
        "prediction": ["yes", "no", "yes"],
        "probability": [0.75, 0.5, 0.875],
        "error": ["wrong", "right", None],
    }
    assert keys.columns == ["group", "time"]


def test_labels_give_a_column_each_and_the_share_of_wrong_ones():
    answers, _ = answer_columns(
        table(
            sample_id=[0, 0, 1, 1],
            label=["joy", "fear", "joy", "fear"],
            target=[True, True, None, None],
            prediction=[True, False, False, False],
        )
    )

    assert answers.to_dict(as_series=False) == {
        "prediction joy": ["true", "false"],
        "prediction fear": ["false", "false"],
        "error": [0.5, None],
    }


def test_numbers_give_how_far_they_are_off():
    answers, _ = answer_columns(
        table(step=[1, 1], channel=["weight"] * 2, target=[70.0, None], prediction=[72.0, 80.0])
    )

    assert answers.to_dict(as_series=False) == {"prediction weight": [72.0, 80.0], "error": [2.0, None]}


def test_forecasts_give_the_first_step_of_each_channel():
    answers, _ = answer_columns(
        table(
            sample_id=[0] * 4 + [1] * 4,
            step=[1, 2, 1, 2] * 2,
            channel=["OT", "OT", "HUFL", "HUFL"] * 2,
            target=[None] * 8,
            prediction=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
        )
    )

    assert answers.to_dict(as_series=False) == {"prediction OT": [1.0, 5.0], "prediction HUFL": [3.0, 7.0]}
