"""Texts become token ids, and nothing but training texts decides which."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.preprocessing.config import SplitConfig, TextConfig
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.text.texts import prepare_texts
from pipeline.preprocessing.text.tokens import Tokens

ASKED = Question("classify")
SETS = Path(__file__).parents[4] / "shared" / "datasets"
GIVEN = SplitConfig(kind="given", duplicates="ignore")
TEXTS = ["good film", "bad film", "good good end", "bad end of film", "so good", "so bad, so long"]
ROWS = {
    "split": ["train"] * 6 + ["val"] * 2 + ["test"] * 2,
    "text": [*TEXTS, "good bad", "", "film zebra", "bad"],
    "target": ["up", "down"] * 5,
}


def prepare(table, out, config=None, question=ASKED, **more):
    config = config or TextConfig(least_often=1, split=GIVEN)
    return prepare_texts(table, config, question, out, seed=0, vectors=more.get("vectors"))


def test_every_text_has_its_own_length_and_its_words(write_rows, out):
    prepared = prepare(write_rows(**ROWS), out)

    stream = np.load(out / "stream.npy")
    names = json.loads((out / "vocabulary.json").read_text())["tokens"]
    starts, lengths = (np.load(out / f"{name}_train.npy") for name in ("starts", "lengths"))
    read = [" ".join(names[i] for i in stream[a : a + n]) for a, n in zip(starts, lengths, strict=True)]
    assert stream.dtype == np.int32
    assert read[:5] == TEXTS[:5]
    assert prepared.meta.window == 5  # "so bad , so long"
    assert (prepared.meta.ragged, prepared.meta.frame) == (True, ())
    assert prepared.meta.vocabulary == len(names)
    assert np.load(out / "targets_test.npy").tolist() == [1, 0]


def test_what_is_empty_or_unknown_is_counted(write_rows, out):
    prepared = prepare(write_rows(**ROWS), out)

    start = np.load(out / "starts_val.npy")[1]
    assert np.load(out / "stream.npy")[start] == 1
    assert "1 texts are empty after cleaning" in prepared.notes[0]
    assert "33.3% of the tokens in val and test are unknown" in prepared.notes[1]


def test_long_texts_keep_their_first_words(write_rows, out):
    prepared = prepare(write_rows(**ROWS), out, TextConfig(longest=2, least_often=1, split=GIVEN))

    assert prepared.meta.window == 2


@pytest.mark.parametrize("tokens", ["words", "pieces", "characters"])
def test_val_and_test_change_nothing_that_is_fitted(write_rows, tmp_path, tokens):
    config = TextConfig(
        tokens=tokens, vocabulary=40, vectors="corpus", dimensions=3, least_often=1, split=GIVEN
    )
    fitted = []
    for name, last in (
        ("one", ROWS["text"][6:]),
        ("other", ["Ünseen wörds", "💥 here", "film " * 9, "#New"]),
    ):
        folder = tmp_path / name
        folder.mkdir()
        prepare(write_rows(**{**ROWS, "text": [*TEXTS, *last]}), folder, config)
        fitted.append(
            [(folder / file).read_bytes() for file in ("tokenizer.json", "vocabulary.json", "vectors.npy")]
        )

    assert fitted[0] == fitted[1]


def test_the_same_texts_give_the_same_bytes(write_rows, tmp_path):
    table = write_rows(**ROWS)
    config = TextConfig(tokens="pieces", vocabulary=40, vectors="corpus", dimensions=3, split=GIVEN)
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        prepare(table, tmp_path / name, config)

    one, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "other")
    )
    assert one == other
    assert "vectors.npy" in one


def test_vectors_can_come_from_a_file(write_rows, out, tmp_path):
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("film 1 2 3\ngood 4 5 6\n")

    prepared = prepare(
        write_rows(**ROWS),
        out,
        TextConfig(vectors="file", vectors_file="vectors.txt", split=GIVEN),
        vectors=vectors,
    )

    names = json.loads((out / "vocabulary.json").read_text())["tokens"]
    assert (prepared.meta.vectors, prepared.meta.dimensions) == (True, 3)
    assert np.load(out / "vectors.npy")[names.index("good")].tolist() == [4, 5, 6]


def test_vectors_without_a_file_are_refused(write_rows, out):
    with pytest.raises(ConfigError, match=r"needs preprocessing\.vectors_file"):
        prepare(write_rows(**ROWS), out, TextConfig(vectors="file", split=GIVEN))


def test_a_table_without_texts_is_refused(write_rows, out):
    rows = {name: values for name, values in ROWS.items() if name != "text"}

    with pytest.raises(DataError, match="holds no texts"):
        prepare(write_rows(**rows), out)


def test_copies_of_a_text_are_on_one_side(write_rows, out):
    texts = [f"number {n} of many different and quite unlike sentences {n * 7919}" for n in range(40)]
    texts += ["@ann read THIS again: one two three four five! https://t.co/a"] * 5
    texts += ["@bob read this again one two three four five https://t.co/b"] * 5

    prepare(write_rows(text=texts, target=["up", "down"] * 25), out, TextConfig())

    sides = pl.read_parquet(out / "samples.parquet").sort("sample_id")["split"].to_list()
    assert len(set(sides[40:])) == 1


def test_unused_texts_are_not_in_the_stream(write_rows, out):
    rows = {**ROWS, "split": [*ROWS["split"][:8], None, "test"]}

    prepared = prepare(write_rows(**rows), out)

    lengths = sum(np.load(out / f"lengths_{name}.npy").sum() for name in ("train", "val", "test"))
    assert len(np.load(out / "stream.npy")) == lengths
    assert prepared.meta.counts == {"train": 6, "val": 2, "test": 1}


@pytest.mark.real
@pytest.mark.skipif(not (SETS / "goemotions").is_dir(), reason="goemotions of shared/datasets is not here")
def test_comments_with_several_labels(write_rows, out):
    with (SETS / "goemotions" / "dev.tsv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    table = write_rows(text=[line[0] for line in lines], target=[line[1] for line in lines])

    prepared = prepare(table, out, TextConfig(vocabulary=3_000, longest=40), Question("multilabel"))

    labels = np.load(out / "targets_train.npy")
    assert prepared.meta.classes == tuple(str(number) for number in range(28))
    assert labels.sum(axis=0).tolist() == list(prepared.meta.class_counts)
    assert labels.sum(axis=1).max() > 1
    assert prepared.meta.window == 40


@pytest.mark.real
@pytest.mark.skipif(not (SETS / "imdb").is_dir(), reason="imdb of shared/datasets is not here")
def test_reviews_read_by_prediction_as_they_were_in_training(write_rows, out):
    with gzip.open(SETS / "imdb" / "imdb_train.csv.gz", "rt", encoding="utf-8", newline="") as file:
        reviews = list(csv.DictReader(file))[::50]
    texts = [review["review"] for review in reviews]
    table = write_rows(text=texts, target=[review["sentiment"] for review in reviews])

    prepare(table, out, TextConfig(tokens="pieces", vocabulary=2_000))

    tokens = Tokens.load(out)
    ids, starts, lengths = (np.load(out / f"{name}_test.npy") for name in ("ids", "starts", "lengths"))
    again, sizes = tokens.read(pl.Series([texts[ids[0]]]))
    assert sizes[0] == lengths[0] == min(128, sizes[0])
    assert np.array_equal(again, np.load(out / "stream.npy")[starts[0] : starts[0] + lengths[0]])
    assert "<br" not in tokens.names
