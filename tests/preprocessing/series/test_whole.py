"""A group is one sample, as long as it is; nothing of it is on two sides."""

import itertools
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.foundation.table import write_table
from pipeline.preprocessing.config import WholeConfig
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.series.whole import prepare_whole
from pipeline.sources.build import build_source
from pipeline.sources.config_tables import UcrConfig

VOWELS = Path(__file__).parents[4] / "shared" / "datasets" / "ucr_uea" / "JapaneseVowels"


def cases(series, lengths, *, seed=0, **columns):
    """Return a table of groups of the given lengths, two classes in turn, of two channels each."""
    rng = np.random.default_rng(seed)
    rows = sum(lengths)
    names = [f"case{number:03}" for number, length in enumerate(lengths) for _ in range(length)]
    target = ["ab"[number % 2] for number, length in enumerate(lengths) for _ in range(length)]
    channels = {"heat": rng.normal(50, 5, rows), "wind": rng.normal(size=rows)}
    given = {"group": names, "target": target, "time": [None] * rows} | columns
    return series(channels | {name: given.pop(name) for name in channels if name in given}, **given)


@pytest.fixture
def whole(tmp_path, result_of):
    """Return what writes a frame as a table, prepares whole groups, and tells what was written."""
    calls = itertools.count()

    def prepare(frame, head="classify", block=None, **settings):
        folder = tmp_path / f"call{next(calls)}"
        folder.mkdir()
        write_table(frame, folder / "table.parquet")
        config = WholeConfig(**settings)
        told = prepare_whole(folder / "table.parquet", config, Question(head), folder, seed=0, block=block)
        return result_of(folder, told)

    return prepare


def test_each_group_is_one_sample_of_its_own_length(whole, series):
    lengths = [3, 5, 4, 6] * 10

    result = whole(cases(series, lengths))

    assert result.meta.ragged and result.meta.window == 6
    assert sum(result.meta.counts.values()) == 40
    frame = result.samples
    own = {row["group"]: lengths[int(row["group"][4:])] for row in frame.to_dicts()}
    told = np.concatenate([result.arrays("lengths")[split] for split in ("train", "val", "test")])
    assert [own[name] for name in frame["group"]] == told.tolist()


def test_the_rows_of_a_sample_are_those_of_its_group_scaled_as_training_says(whole, series):
    frame = cases(series, [4] * 40)

    result = whole(frame)

    heat = result.channel("heat")
    train = result.samples.filter(split="train")["sample_id"].to_numpy()
    assert result.ids["train"].tolist() == train.tolist()
    rows = result.starts["train"][:, None] + np.arange(4)
    assert np.allclose(heat[rows], frame["heat"].to_numpy()[train[:, None] + np.arange(4)], atol=1e-4)
    assert result.meta.offset[0] == pytest.approx(
        frame["heat"].to_numpy()[train[:, None] + np.arange(4)].mean()
    )


def test_groups_of_equal_length_need_no_lengths(whole, series):
    result = whole(cases(series, [5] * 40))

    assert not result.meta.ragged and result.meta.window == 5
    assert not (result.folder / "lengths_train.npy").exists()


def test_a_long_group_keeps_its_last_rows(whole, series):
    frame = cases(series, [9] * 40)

    result = whole(frame, longest=3)

    first = result.ids["train"][0]
    assert result.meta.window == 3
    start = result.starts["train"][0]
    assert np.allclose(
        result.channel("heat")[start : start + 3], frame["heat"][int(first) + 6 : int(first) + 9]
    )
    assert "40 groups are longer than preprocessing.longest=3; their last rows were kept" in result.notes


def test_normalised_groups_have_mean_0_and_deviation_1_each(whole, series):
    frame = cases(series, [6, 9] * 20, wind=[2.0] * 300)

    result = whole(frame, normalise="each")

    lengths = result.arrays("lengths")["test"]
    for start, length in zip(result.starts["test"], lengths, strict=True):
        sample = result.stream[start : start + length]
        assert sample[:, 0].mean() == pytest.approx(0, abs=1e-5)
        assert sample[:, 0].std() == pytest.approx(1, abs=1e-5)
        assert not sample[:, 1].any()


def test_the_split_that_the_source_gives_is_taken(whole, series):
    split = [("train", "val", "test")[number % 3] for number in range(30) for _ in range(4)]
    target = ["ab"[number // 3 % 2] for number in range(30) for _ in range(4)]

    result = whole(cases(series, [4] * 30, split=split, target=target), split={"kind": "given"})

    assert result.meta.counts == {"train": 10, "val": 10, "test": 10}


def test_groups_that_are_the_same_are_on_one_side(whole, series):
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(40, 6))
    drawn[1::2] = drawn[1]  # every second case repeats case 1
    frame = cases(series, [6] * 40, heat=drawn.ravel(), wind=drawn.ravel())
    classes = {f"case{number:03}": "xxyy"[number % 4] for number in range(40)}
    frame = frame.with_columns(target=pl.col("group").replace_strict(classes))

    torn = whole(frame, split={"kind": "group", "duplicates": "ignore"}).samples
    kept = whole(frame, split={"kind": "group"}).samples

    copies = [f"case{number:03}" for number in range(1, 40, 2)]
    assert torn.filter(pl.col("group").is_in(copies))["split"].n_unique() == 3
    assert kept.filter(pl.col("group").is_in(copies))["split"].n_unique() == 1


def test_a_target_that_changes_inside_a_group_is_refused_with_the_group_named(whole, series):
    frame = cases(series, [4] * 20, target=["a"] * 38 + ["b"] * 42)

    with pytest.raises(
        DataError, match="target changes inside 1 groups, such as 'case009', which has 'a' and 'b'"
    ):
        whole(frame)


def test_rows_without_a_group_are_named(whole, series):
    frame = cases(series, [4] * 20)

    with pytest.raises(ConfigError, match=r"name sources\.group"):
        whole(frame.with_columns(group=pl.lit(None, pl.String)))
    with pytest.raises(DataError, match=r"1 rows have no group, such as t\.csv:9"):
        whole(frame.with_columns(group=pl.when(pl.col("sample_id") != 7).then("group")))


def test_holes_are_refused_filled_or_marked(whole, series):
    frame = cases(series, [5] * 40)
    frame = frame.with_columns(heat=pl.when(pl.col("sample_id") % 5 != 2).then("heat"))

    with pytest.raises(DataError, match="heat 40"):
        whole(frame)
    filled, marked = whole(frame, missing="previous"), whole(frame, missing="mask")

    heat = filled.channel("heat").reshape(-1, 5)
    assert (heat[:, 2] == heat[:, 1]).all()
    assert marked.meta.channels == ("heat", "wind", "known(heat)")
    assert (marked.stream[:, 2].reshape(-1, 5) == [1, 1, 0, 1, 1]).all()


def test_a_group_that_lacks_a_channel_is_named(whole, series):
    frame = cases(series, [5] * 40)
    frame = frame.with_columns(heat=pl.when(pl.col("group") != "case007").then("heat"))

    with pytest.raises(
        DataError, match="1 groups have no row in which every channel is known, such as 'case007'"
    ):
        whole(frame, missing="previous")
    assert sum(whole(frame, missing="mask").meta.counts.values()) == 40


def test_changes_lose_the_first_row_of_each_group_and_no_other(whole, series):
    frame = cases(series, [5] * 40)

    result = whole(frame, changes="differences", changed=("wind",))

    assert result.meta.window == 4 and not result.meta.ragged
    first = int(result.ids["train"][0])
    start = result.starts["train"][0]
    wanted = np.diff(frame["wind"].to_numpy()[first : first + 5])
    assert np.allclose(result.channel("wind")[start : start + 4], wanted, atol=1e-5)


def test_the_number_of_a_group_is_scaled_by_training(whole, series):
    numbers = [str(number) for number in range(40) for _ in range(3)]

    result = whole(cases(series, [3] * 40, target=numbers), head="regress", split={"kind": "group"})

    train = result.samples.filter(split="train")["group"].str.slice(4).cast(pl.Float64).to_numpy()
    assert result.meta.target_offset == pytest.approx(train.mean())
    raw = result.targets["train"][:, 0] * result.meta.target_scale + result.meta.target_offset
    assert np.allclose(raw, train, atol=1e-4)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"normalise": "each"},
        {"smoothing": "fitted", "changes": "differences"},
        {"missing": "mask", "longest": 7},
    ],
    ids=str,
)
def test_any_number_of_rows_at_a_time_gives_the_same_bytes(whole, series, settings):
    frame = cases(series, [8, 15, 11, 9] * 8)
    frame = frame.with_columns(wind=pl.when(pl.col("sample_id") % 17 != 3).then("wind"))
    settings = {"missing": "mean", **settings}

    results = [whole(frame, block=block, **settings).bytes() for block in (None, 5, 13)]

    assert results[0] == results[1] == results[2]


@pytest.mark.real
@pytest.mark.skipif(not VOWELS.exists(), reason="the data sets of the shared folder are not here")
def test_spoken_vowels_of_unequal_length_keep_their_published_test_cases(whole):
    frame = build_source(UcrConfig(path=str(VOWELS)), VOWELS).read().frame

    result = whole(frame, split={"kind": "given", "duplicates": "ignore"})

    assert result.meta.ragged and result.meta.window == 29 and result.meta.frame == (12,)
    assert result.meta.counts["test"] == 370 and len(result.meta.classes) == 9
    assert result.meta.counts["train"] + result.meta.counts["val"] == 270
