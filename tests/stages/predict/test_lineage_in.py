"""What stands beside a file of predictions is read as a lineage, or told in a sentence."""

import json

import pytest

from pipeline.foundation.errors import DataError
from pipeline.stages.prediction_file import lineage_in

GOOD = {
    "model": {"version": None, "model": "cnn-lstm"},
    "model_manifest": "0" * 64,
    "input": {"name": "new.csv", "sha256": None},
    "scored": 2,
    "unscored": 0,
}


def written(folder, text):
    (folder / "out.csv").write_text("a\n1\n")
    (folder / "out.csv.lineage.json").write_text(text)
    return folder / "out.csv"


def test_a_lineage_as_it_is_written_is_read(tmp_path):
    assert lineage_in(written(tmp_path, json.dumps(GOOD))) == GOOD


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "3",
        '{"model": 3}',
        "[" * 100_000 + "]" * 100_000,
        json.dumps(GOOD | {"model": 3}),
        json.dumps(GOOD | {"model": {"version": 1, "model": "m"}}),
        json.dumps(GOOD | {"input": "new.csv"}),
        json.dumps(GOOD | {"scored": "many"}),
        json.dumps(GOOD | {"input": {"name": "new.csv", "sha256": None, "path": 3}}),
        json.dumps({name: value for name, value in GOOD.items() if name != "unscored"}),
    ],
    ids=range(10),
)
def test_a_lineage_that_is_none_is_told(tmp_path, text):
    with pytest.raises(DataError, match="does not say where it came from"):
        lineage_in(written(tmp_path, text))
