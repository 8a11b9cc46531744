"""Samples too many to be held become what few become, and the split keeps what it promises."""

import json
from collections import Counter

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.preprocessing.config import SplitConfig, TableConfig, TextConfig
from pipeline.preprocessing.config_rows import SecondConfig
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.table.tables import prepare_tables
from pipeline.preprocessing.text.texts import prepare_texts

HELD, PIECES = 10**9, 0
"""How many samples are held: all, or none."""

CLASSES = Question("classify")
RNG = np.random.default_rng(3)
COUNT = 3_000
PARTS = RNG.choice(["train", "val", "test"], COUNT, p=[0.7, 0.1, 0.2]).tolist()
WORDS = [f"word{number}" for number in range(300)]


def rows(count=COUNT, **more):
    """Return rows of two numbers and a word, in three classes of unequal size."""
    rng = np.random.default_rng(7)
    return {
        "height": rng.normal(size=count),
        "width": rng.normal(size=count),
        "colour": rng.choice(["red", "green", "blue"], count).tolist(),
        "target": rng.choice(["good", "worn", "broken"], count, p=[0.7, 0.27, 0.03]).tolist(),
        **more,
    }


def sentences(count):
    return [" ".join(RNG.choice(WORDS, 12)) for _ in range(count)]


def parts_of(out):
    """Return the part of each sample that is in one."""
    samples = pl.read_parquet(out / "samples.parquet")
    return dict(samples.select("sample_id", "split").iter_rows())


def files_of(out):
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


@pytest.fixture
def both(write_rows, tmp_path):
    """Return a function that prepares a table with all samples held and in pieces, and gives the two folders."""

    def prepare(columns, config, question=CLASSES):
        folders = tmp_path / "held", tmp_path / "pieces"
        for folder, most in zip(folders, (HELD, PIECES), strict=True):
            folder.mkdir()
            prepared = prepare_tables(write_rows(**columns), config, question, folder, seed=1, most=most)
            (folder / "told.json").write_text(
                json.dumps([prepared.meta.model_dump(mode="json"), prepared.notes])
            )
        return folders

    return prepare


def in_pieces(write_rows, out, columns, split, question=CLASSES):
    config = TableConfig(split=split, missing="mean")
    return prepare_tables(write_rows(**columns), config, question, out, seed=1, most=PIECES)


@pytest.mark.parametrize("head", ["classify", "multilabel", "regress"])
def test_where_chance_decides_nothing_pieces_give_the_same_bytes(both, head):
    columns = rows(split=PARTS)
    if head == "regress":
        columns["target"] = RNG.integers(0, 50, COUNT).astype(float).tolist()
    if head == "multilabel":
        columns["target"] = RNG.choice(["red", "red,blue", "blue, green", "green", ""], COUNT).tolist()

    held, pieces = both(
        columns, TableConfig(split=SplitConfig(kind="given"), static=("width",)), Question(head)
    )

    assert files_of(held).keys() == files_of(pieces).keys()
    assert [name for name, data in files_of(held).items() if data != files_of(pieces)[name]] == []


@pytest.mark.parametrize("kind", ["time", "walk", "folds"])
def test_parts_by_time_are_those_of_samples_that_are_held(both, kind):
    times = pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2024, 1, 30), "1d", eager=True).sample(
        COUNT, with_replacement=True, seed=1
    )
    columns = rows(time=times)
    columns["height"][:200] = columns["height"][200]  # copies reach over the cuts
    for name in ("width", "colour"):
        columns[name][:200] = [columns[name][200]] * 200

    held, pieces = both(columns, TableConfig(split=SplitConfig(kind=kind)))

    assert len(set(parts_of(held).values())) == 3
    assert len(parts_of(held)) < COUNT
    assert parts_of(pieces) == parts_of(held)


@pytest.mark.parametrize("copies", ["none", "few", "crowd"])
@pytest.mark.parametrize("kind", ["group", "leave_one_out", "folds"])
def test_whole_groups_go_where_they_go_when_all_samples_are_held(both, kind, copies):
    numbers = np.random.default_rng(5).integers(0, 40, COUNT)
    columns = rows(group=[f"patient {number}" for number in numbers])
    if copies != "none":  # the same row in some groups binds these to one another
        count = {"few": 3, "crowd": 60}[copies]
        bound = np.flatnonzero(np.isin(numbers, [3, 17, 31]))
        same = bound[np.linspace(0, len(bound) - 1, count).astype(int)].tolist()
        for name in ("height", "width", "colour"):
            for row in same:
                columns[name][row] = columns[name][same[0]]

    held, pieces = both(columns, TableConfig(split=SplitConfig(kind=kind, fold=3)))

    assert len(set(parts_of(held).values())) == 3
    assert parts_of(pieces) == parts_of(held)


def test_val_is_drawn_from_inside_the_only_other_group(write_rows, out):
    columns = rows(group=["left", "right"] * (COUNT // 2))

    in_pieces(write_rows, out, columns, SplitConfig(kind="leave_one_out", fold=1))

    found = Counter((columns["group"][sample], part) for sample, part in parts_of(out).items())
    assert set(found) == {("left", "train"), ("left", "val"), ("right", "test")}
    assert found["left", "val"] > 0.1 * COUNT


def test_groups_bound_by_copies_are_too_few_and_samples_without_a_group_none(write_rows, out):
    columns = rows(group=["a", "b", "c"] * (COUNT // 3))
    for name in ("height", "width", "colour"):
        columns[name][:3] = [columns[name][0]] * 3

    with pytest.raises(DataError, match="bind the 3 groups of the data into 1"):
        in_pieces(write_rows, out, columns, SplitConfig(kind="group"))
    with pytest.raises(DataError, match="needs groups, and the samples have none"):
        in_pieces(write_rows, out, rows(), SplitConfig(kind="group"))


def test_each_class_has_its_share_in_every_part(write_rows, out):
    columns = rows()

    in_pieces(write_rows, out, columns, SplitConfig(val=0.15, test=0.2))

    found = Counter((columns["target"][sample], part) for sample, part in parts_of(out).items())
    for name, count in Counter(columns["target"]).items():
        assert found[name, "test"] == round(0.2 * count)
        assert found[name, "val"] == round(0.15 * count)
        assert found[name, "train"] == count - round(0.2 * count) - round(0.15 * count)


def test_a_share_for_training_leaves_the_others_out(write_rows, out):
    prepared = in_pieces(write_rows, out, rows(), SplitConfig(train=0.1, val=0.15, test=0.2))

    assert prepared.meta.counts["train"] == pytest.approx(0.1 * COUNT, abs=2)
    assert prepared.meta.counts["test"] == pytest.approx(0.2 * COUNT, abs=2)


@pytest.mark.parametrize("kind", ["stratified", "folds"])
def test_copies_of_a_row_are_on_one_side(write_rows, out, kind):
    first = rows()
    twice = {name: [*values, *list(values)[:900]] for name, values in first.items()}

    in_pieces(write_rows, out, twice, SplitConfig(kind=kind))

    parts = parts_of(out)
    assert all(parts[place] == parts[COUNT + place] for place in range(900))
    assert len({parts[place] for place in range(900)}) == 3


def test_another_seed_is_another_split_and_the_same_one_the_same(write_rows, tmp_path):
    found = []
    for number, seed in enumerate((1, 1, 2)):
        folder = tmp_path / str(number)
        folder.mkdir()
        table = write_rows(**rows())
        prepare_tables(table, TableConfig(), CLASSES, folder, seed=seed, most=PIECES)
        found.append(files_of(folder))

    assert found[0] == found[1]
    assert found[0]["ids_test.npy"] != found[2]["ids_test.npy"]


def test_every_sample_is_tested_in_one_fold(write_rows, tmp_path):
    tested = Counter()
    for fold in range(5):
        folder = tmp_path / str(fold)
        folder.mkdir()
        in_pieces(write_rows, folder, rows(), SplitConfig(kind="folds", fold=fold, folds=5))
        tested.update(sample for sample, part in parts_of(folder).items() if part == "test")

    assert sorted(tested) == list(range(COUNT))
    assert set(tested.values()) == {1}


def test_a_crowd_of_equal_rows_trains(write_rows, out):
    columns = rows()
    for name in ("height", "width", "colour"):
        columns[name] = [columns[name][0]] * 1_000 + list(columns[name][1_000:])

    in_pieces(write_rows, out, columns, SplitConfig())

    assert {parts_of(out)[place] for place in range(1_000)} == {"train"}
    assert len(set(parts_of(out).values())) == 3


def test_rows_that_are_mostly_alike_are_not_taken_for_copies(write_rows, out):
    columns = {"a": RNG.integers(0, 3, COUNT), "target": RNG.choice(["x", "y"], COUNT).tolist()}

    prepared = in_pieces(write_rows, out, columns, SplitConfig())

    assert "100% of the rows equal another one" in " ".join(prepared.notes)
    assert prepared.meta.counts["test"] == pytest.approx(0.2 * COUNT, abs=2)


def test_copies_can_be_refused_with_their_places(write_rows, out):
    twice = {name: [*values, *list(values)[:3]] for name, values in rows().items()}

    with pytest.raises(DataError, match=r"6 of 3,003 samples .* in 3 clusters, such as row \d+ = row 300"):
        in_pieces(write_rows, out, twice, SplitConfig(duplicates="refuse"))


def test_val_is_drawn_where_the_source_gives_none(write_rows, out):
    given = ["test" if place % 5 == 0 else "train" for place in range(COUNT)]

    in_pieces(write_rows, out, rows(split=given), SplitConfig(kind="given", val=0.15))

    parts = parts_of(out)
    assert all((parts[place] == "test") == (given[place] == "test") for place in range(COUNT))
    assert Counter(parts.values())["val"] == pytest.approx(0.15 * given.count("train"), abs=3)


def test_groups_stay_whole_however_many_samples_there_are(write_rows, out):
    groups = [f"patient {place % 40}" for place in range(COUNT)]

    in_pieces(write_rows, out, rows(group=groups), SplitConfig(kind="group"))

    sides = {(groups[place], part) for place, part in parts_of(out).items()}
    assert len(sides) == 40


@pytest.mark.parametrize(
    ("columns", "split", "question", "error"),
    [
        (
            {"target": [None, *["a", "b"] * 50]},
            SplitConfig(),
            "classify",
            "1 samples have no target .empty in row 0",
        ),
        ({"target": ["a"] * 100}, SplitConfig(), "classify", "at least two are needed"),
        ({"target": ["1", "x"] * 50}, SplitConfig(), "regress", "50 samples have a target that is no number"),
        ({"target": [""] * 100}, SplitConfig(), "multilabel", "no training sample has a label"),
        ({"target": ["a", "b"] * 50}, SplitConfig(kind="time"), "classify", "the samples have none"),
        ({"target": ["a", "b"] * 50}, SplitConfig(kind="given"), "classify", "marks no sample as train"),
    ],
)
def test_what_is_wrong_is_refused_as_of_few(write_rows, out, columns, split, question, error):
    numbered = {"height": np.arange(len(columns["target"])) + 0.5, **columns}

    with pytest.raises(DataError, match=error):
        in_pieces(write_rows, out, numbered, split, Question(question))


def test_a_class_that_only_test_has_is_refused(write_rows, out):
    split = ["train"] * 50 + ["val"] * 20 + ["test"] * 30
    columns = {"height": np.arange(100) + 0.5, "target": ["a", "b"] * 45 + ["c"] * 10, "split": split}

    with pytest.raises(DataError, match="no training sample has the class c"):
        in_pieces(write_rows, out, columns, SplitConfig(kind="given"))


def test_times_that_some_samples_lack_are_refused(write_rows, out):
    times = [None, *pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2024, 3, 1), "1d", eager=True)]
    columns = {"height": np.arange(len(times)) + 0.5, "target": ["a", *["a", "b"] * 30, "b"], "time": times}

    with pytest.raises(DataError, match="1 samples have no time, such as row 0"):
        in_pieces(write_rows, out, columns, SplitConfig(kind="time"))


def test_a_forecast_of_rows_is_refused(write_rows, out):
    with pytest.raises(ConfigError, match="needs a series"):
        in_pieces(write_rows, out, rows(), SplitConfig(), Question("forecast", horizon=3))


def test_texts_in_pieces_give_the_same_bytes(write_rows, tmp_path):
    columns = {"text": sentences(800), "target": ["good", "bad"] * 400, "split": PARTS[:800]}
    config = TextConfig(split=SplitConfig(kind="given"), second=SecondConfig(tokens="characters"))
    found = []
    for most in (HELD, PIECES):
        folder = tmp_path / str(most)
        folder.mkdir()
        table = write_rows(**columns)
        prepare_texts(table, config, CLASSES, folder, seed=1, vectors=None, most=most)
        found.append(files_of(folder))

    assert found[0] == found[1]


def test_texts_that_are_nearly_the_same_are_on_one_side(write_rows, out):
    texts = sentences(600)
    longer = [" ".join([text, *RNG.choice(WORDS, 40)]) for text in texts]
    near = [f"{text} indeed" for text in longer]
    exact = [text.upper() for text in longer]
    columns = {"text": [*longer, *near, *exact], "target": ["good", "bad"] * 900}

    prepare_texts(write_rows(**columns), TextConfig(), CLASSES, out, seed=1, vectors=None, most=PIECES)

    parts = parts_of(out)
    assert all(parts[place] == parts[600 + place] == parts[1_200 + place] for place in range(600))
    assert len(set(parts.values())) == 3


def test_texts_that_say_nothing_are_no_copies_of_each_other(write_rows, out):
    columns = {"text": ["<br>"] * 300 + sentences(300), "target": ["good", "bad"] * 300}

    prepare_texts(write_rows(**columns), TextConfig(), CLASSES, out, seed=1, vectors=None, most=PIECES)

    assert {parts_of(out)[place] for place in range(300)} == {"train", "val", "test"}
