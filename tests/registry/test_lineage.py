"""What a model says of where it came from is either of the right types, or told."""

import json

import pytest

from pipeline.foundation.errors import IntegrityError
from pipeline.registry.lineage import read_lineage, told_lineage

OF_LAST_RUN = {"model": "cnn-lstm", "version": "5d66", "from": "data/analyze", "data": {"data/ingest": "a"}}


def test_both_forms_are_read_as_they_are_written(tmp_path, lineage):
    path = tmp_path / "lineage.json"
    for content in (OF_LAST_RUN, lineage(version="v1.0.0").model_dump(mode="json")):
        path.write_text(json.dumps(content))
        assert told_lineage(path) == content


@pytest.mark.parametrize(
    "wrong",
    [[], None, 7, {}, {"version": 7}, {"model": None}, {"data": []}, {"stages": []}, {"stages": {"analyze": 7}},
     {"code": 7}, {"rows": "many"}],
)  # fmt: skip
def test_wrong_types_are_told_in_a_sentence_that_names_the_file(tmp_path, wrong):
    path = tmp_path / "lineage.json"
    path.write_text(json.dumps({**OF_LAST_RUN, **wrong} if isinstance(wrong, dict) and wrong else wrong))

    for read in (told_lineage, read_lineage):
        with pytest.raises(IntegrityError, match=r"lineage\.json does not say where the model came from: "):
            read(path)
    path.unlink()
    with pytest.raises(IntegrityError, match="No such file"):
        told_lineage(path)
