"""The same texts in second tokens: a stream of its own beside the first, about the same samples."""

import json

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config import SplitConfig, TextConfig
from pipeline.preprocessing.config_rows import SecondConfig
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.stream import SplitReader, StreamFiles
from pipeline.preprocessing.text.texts import prepare_texts
from pipeline.preprocessing.text.tokens import Tokens

GIVEN = SplitConfig(kind="given", duplicates="ignore")
ROWS = {
    "split": ["train"] * 6 + ["val"] * 2 + ["test"] * 2,
    "text": [
        "good film", "bad film", "good good end", "bad end of film", "so good", "so bad", "good bad", "", "zebra", "of",
    ],
    "target": ["up", "down"] * 5,
}  # fmt: skip


def prepare(table, out, **second):
    own = SecondConfig(**{"tokens": "characters", "least_often": 1, "longest": 8, "dimensions": 4} | second)
    config = TextConfig(least_often=1, split=GIVEN, second=own)
    return prepare_texts(table, config, Question("classify"), out, seed=0, vectors=None)


def reader(out, meta, split):
    paths = {name: out / f"{name}_{split}.npy" for name in ("starts", "ids", "targets", "lengths")}
    second = paths | {name: out / f"second_{name}_{split}.npy" for name in ("starts", "lengths")}
    other = StreamFiles(out / "second_stream.npy", **second)
    return SplitReader(StreamFiles(out / "stream.npy", **paths, second=other), meta, split)


def test_both_streams_tell_the_same_texts_in_their_own_tokens(write_rows, out):
    meta = prepare(write_rows(**ROWS), out).meta

    train = reader(out, meta, "train")
    everyone = np.arange(6)
    spelt = json.loads((out / "second_vocabulary.json").read_text())["tokens"]
    read = [
        "".join(spelt[token] for token in ids[:length])
        for ids, length in zip(train.second.inputs(everyone), train.second.lengths(everyone), strict=True)
    ]
    assert read == [text[:8] for text in ROWS["text"][:6]]
    assert train.lengths(everyone).tolist() == [len(text.split()) for text in ROWS["text"][:6]]
    assert (meta.second.window, meta.second.vocabulary, meta.second.dimensions) == (8, len(spelt), 4)
    assert meta.window == 4 and not meta.second.vectors


def test_second_tokens_are_those_of_training(write_rows, out):
    prepared = prepare(write_rows(**ROWS), out)

    spelt = json.loads((out / "second_vocabulary.json").read_text())["tokens"]
    test = reader(out, prepared.meta, "test")
    assert "z" not in spelt
    assert test.second.inputs(np.array([0]))[0, 0] == 1  # the z of zebra
    assert "of the second stream's tokens in val and test are unknown" in prepared.notes[-1]


def test_the_second_tokenizer_reads_again_what_it_wrote(write_rows, out):
    prepare(write_rows(**ROWS), out)

    tokens = Tokens.load(out, prefix="second_")

    ids, lengths = tokens.read(pl.Series(["good film"]))
    assert "".join(tokens.names[token] for token in ids) == "good fil" and lengths.tolist() == [8]


def test_vectors_of_the_second_tokens_can_come_from_the_training_texts(write_rows, out):
    meta = prepare(write_rows(**ROWS), out, vectors="corpus").meta

    assert np.load(out / "second_vectors.npy").shape == (meta.second.vocabulary, 4)
    assert meta.second.vectors and not meta.vectors


def test_second_tokens_that_are_all_rare_name_their_own_setting(write_rows, out):
    with pytest.raises(DataError, match=r"preprocessing\.second\.least_often=99"):
        prepare(write_rows(**ROWS), out, tokens="words", least_often=99)


def test_without_second_tokens_there_is_one_stream(write_rows, out):
    meta = prepare(write_rows(**ROWS), out, tokens="none").meta

    assert meta.second is None
    assert not list(out.glob("second_*"))
