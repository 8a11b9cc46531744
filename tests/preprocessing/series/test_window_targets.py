"""What is learnt of a window: its class, its labels, a number, or where a channel goes next."""

import numpy as np
import pytest

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.preprocessing.config_base import RareClassesConfig
from pipeline.preprocessing.question import Question

CLASSIFY = Question("classify")


def walk(rows, seed=0):
    return 100 + np.cumsum(np.random.default_rng(seed).normal(size=rows))


def test_the_direction_is_up_where_the_channel_is_higher_later(prepared, series):
    heat = walk(200)

    result = prepared(series({"heat": heat}), CLASSIFY, direction="heat", ahead=3)

    assert result.meta.classes == ("down", "up")
    assert result.meta.direction == 0
    for split, starts in result.starts.items():
        last = starts + 3
        assert (result.targets[split] == (heat[last + 3] > heat[last])).all()
    assert result.meta.class_counts == tuple(np.bincount(result.targets["train"]))


def test_a_value_that_stays_is_no_way_up(prepared, series):
    heat = np.repeat(walk(100), 2)

    result = prepared(series({"heat": heat}), CLASSIFY, direction="heat")

    ids, targets = result.ids["train"], result.targets["train"]
    assert not targets[ids % 2 == 0].any()


def test_the_row_that_decides_lies_in_the_same_part_as_its_window(prepared, series):
    result = prepared(series({"heat": walk(200)}), CLASSIFY, direction="heat", ahead=5)

    assert {split: (ids.min(), ids.max() + 5) for split, ids in result.ids.items()} == {
        "train": (3, 129), "val": (133, 159), "test": (163, 199),
    }  # fmt: skip


def test_a_direction_is_that_of_the_level_even_where_inputs_are_changes(prepared, series):
    heat = walk(200)

    result = prepared(series({"heat": heat}), CLASSIFY, direction="heat", changes="returns", smoothing=0.2)

    last = result.starts["test"] + 3
    assert (result.targets["test"] == (heat[last + 1] > heat[last])).all()


def test_no_direction_is_invented_where_the_channel_was_not_measured(prepared, series):
    heat = walk(200)
    heat[50] = np.nan

    result = prepared(series({"heat": heat}), CLASSIFY, direction="heat", missing="previous")

    assert not {49, 50} & set(result.ids["train"].tolist())
    assert {48, 51} <= set(result.ids["train"].tolist())
    assert any(
        note.startswith("2 windows were left out, because heat was not measured") for note in result.notes
    )


def test_a_direction_of_what_is_no_channel_is_refused(prepared, series):
    with pytest.raises(ConfigError, match=r"preprocessing\.direction: 'rain' is no channel; there are: heat"):
        prepared(series({"heat": walk(100)}), CLASSIFY, direction="rain")


def test_a_direction_that_training_never_takes_is_named(prepared, series):
    with pytest.raises(DataError, match="no training window is followed by the direction 'down'"):
        prepared(series({"heat": np.arange(100.0)}), CLASSIFY, direction="heat")


def test_a_window_has_the_number_of_its_last_row_scaled_by_training_windows(prepared, series):
    numbers = walk(200, 3)
    frame = series({"heat": walk(200)}, target=[str(value) for value in numbers])

    result = prepared(frame, Question("regress"), stride=2)

    meta, targets = result.meta, result.targets
    assert targets["train"].dtype == np.float32 and targets["train"].shape[1] == 1
    assert targets["train"].mean() == pytest.approx(0, abs=1e-5)
    for split, starts in result.starts.items():
        back = targets[split][:, 0] * meta.target_scale + meta.target_offset
        assert np.allclose(back, numbers[starts + 3], atol=1e-3)


@pytest.mark.parametrize(
    ("cell", "told"), [("12 kg", "'12 kg' is no number"), (None, "some rows have no target")]
)
def test_a_target_that_is_no_number_is_refused(prepared, series, cell, told):
    target = [str(value) for value in range(100)]
    target[50] = cell

    with pytest.raises(DataError, match=told):
        prepared(series({"heat": walk(100)}, target=target), Question("regress"))


def test_a_window_has_the_labels_of_its_last_row(prepared, series):
    target = ["a, b", "b", "", "c,a", None] * 40

    result = prepared(series({"heat": walk(200)}, target=target), Question("multilabel"))

    assert result.meta.classes == ("a", "b", "c")
    wanted = {0: [1, 1, 0], 1: [0, 1, 0], 2: [0, 0, 0], 3: [1, 0, 1], 4: [0, 0, 0]}
    for split, ids in result.ids.items():
        assert result.targets[split].tolist() == [wanted[row % 5] for row in ids.tolist()]
    assert result.meta.class_counts == tuple(result.targets["train"].sum(axis=0).astype(int))


def test_a_class_that_training_never_sees_is_named(prepared, series):
    target = ["a", "b"] * 80 + ["a", "c"] * 20

    with pytest.raises(DataError, match="no training sample has the class c"):
        prepared(series({"heat": walk(200)}, target=target), CLASSIFY)


def test_rows_without_a_class_are_refused(prepared, series):
    target = ["a", "b"] * 50
    target[30] = None

    with pytest.raises(DataError, match="some rows have no target"):
        prepared(series({"heat": walk(100)}, target=target), CLASSIFY)


def test_numbers_as_classes_are_too_many_classes(prepared, series):
    rows = 13_000
    frame = series({"heat": walk(rows)}, target=[str(value / 7) for value in range(rows)])

    with pytest.raises(DataError, match=r"more than 10,000 classes.*heads\.kind=regress"):
        prepared(frame, CLASSIFY, window=1)


def test_a_table_without_a_target_has_no_classes(prepared, series):
    with pytest.raises(ConfigError, match=r"heads\.kind=classify needs sources\.target"):
        prepared(series({"heat": walk(100)}), CLASSIFY)


def test_a_bin_has_the_last_known_class_of_its_rows(prepared, series):
    # Bins end at 0, 3, 6 … o'clock: row 0 alone, then three rows each, of which the last has no class.
    target = ["a", *[None if row % 3 == 0 else "aabb"[row // 3 % 4] for row in range(1, 300)]]

    result = prepared(
        series({"heat": walk(300)}, target=target), CLASSIFY, resample_seconds=3 * 3600, window=1
    )

    assert result.ids["train"][:5].tolist() == [0, 3, 6, 9, 12]
    assert result.targets["train"][:5].tolist() == [0, 0, 0, 1, 1]


def test_a_label_that_a_cell_names_twice_is_one_label(prepared, series):
    once, twice = (
        prepared(series({"heat": walk(200)}, target=cells * 100), Question("multilabel"))
        for cells in (["a", "a,b"], ["a, a,", "b,a,b"])
    )

    assert sum(once.meta.class_counts) == np.count_nonzero(once.targets["train"])
    assert once.meta.class_counts == twice.meta.class_counts
    assert all((once.targets[split] == twice.targets[split]).all() for split in once.targets)


def test_rare_classes_of_windows_become_one(prepared, series):
    classes = (["calm"] * 7 + ["gust"] * 3) * 20
    classes[20] = "squall"  # one row that training sees, and one that only the test part has
    classes[-1] = "storm"
    rare = RareClassesConfig(fewest=3)

    result = prepared(series({"heat": walk(200)}, target=classes), Question("classify", rare=rare))

    assert result.meta.classes == ("calm", "gust", "other")
    assert result.meta.merged == ("squall", "storm") and result.meta.merged_into == "other"
    assert result.meta.class_counts == tuple(np.bincount(result.targets["train"], minlength=3))
    assert result.targets["test"][-1] == 2


def test_rare_labels_of_windows_become_one_that_is_counted_once(prepared, series):
    labels = ["calm", "calm,cold"] * 100
    labels[20], labels[-1] = "squall,hail,calm", "storm"
    rare = RareClassesConfig(fewest=3)

    result = prepared(series({"heat": walk(200)}, target=labels), Question("multilabel", rare=rare))

    assert result.meta.classes == ("calm", "cold", "other")
    assert result.meta.class_counts == tuple(result.targets["train"].sum(axis=0).astype(int))
    assert result.meta.class_counts[2] == 1
    assert result.targets["test"][-1].tolist() == [0, 0, 1]
