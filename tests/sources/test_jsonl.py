"""JSON Lines read as the table they spell."""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.foundation.errors import DataError
from pipeline.sources.build import build_source
from pipeline.sources.cells import blocks
from pipeline.sources.config import JsonlConfig
from pipeline.sources.jsonl import JsonlSource


def read(tmp_path, lines, **config):
    (tmp_path / "t.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return build_source(JsonlConfig(path="t.jsonl", **config), tmp_path).read()


def test_objects_may_lack_keys_and_order_them_as_they_like(tmp_path):
    lines = [
        '{"who": "x", "a": 1, "b": true}',
        "",
        '{"b": false, "who": "y"}',
        '{"a": 2.5e3, "who": null, "c": "z"}',
    ]

    table = read(tmp_path, lines, rows="samples", group="who", channels=("a",), categories=("b",))

    assert table.frame.select("group", "a", "b", "origin").rows() == [
        ("x", 1, "true", "t.jsonl:1"), ("y", None, "false", "t.jsonl:3"), (None, 2500, None, "t.jsonl:4"),
    ]  # fmt: skip


def test_lists_of_labels_become_one_cell(tmp_path):
    lines = ['{"text": "hi", "y": ["joy", "love"]}', '{"text": "no", "y": []}', '{"text": "so", "y": "joy"}']

    table = read(tmp_path, lines, rows="samples", text="text", target="y")

    assert table.frame["target"].to_list() == ["joy,love", None, "joy"]
    assert table.notes == ("lists of labels are joined with ','; set heads.separator: ','",)
    with pytest.raises(DataError, match="labels"):
        read(tmp_path, ['{"text": "hi", "y": ["a,b"]}'], rows="samples", text="text", target="y")


def test_lists_and_objects_are_no_channels(tmp_path):
    lines = ['{"a": 1, "many": [1, 2], "inner": {"k": 1}}'] * 3

    assert read(tmp_path, lines).channels == ("a",)
    with pytest.raises(DataError, match="column 'many' has 3 cells that are no numbers"):
        read(tmp_path, lines, channels=("many",))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("[1]", r"t\.jsonl: line 2 is no JSON object: it is '\[1\]'"),
        ('{"a": 1, "a": 2}', "line 2 is no JSON object: it has the key 'a' twice"),
        ('{"a": 1', "line 2 is no JSON object"),
        ("a,b", "line 2 is no JSON object"),
        ("[" * 100_000, "line 2 is no JSON object"),
    ],
)
def test_a_line_that_is_no_object_is_named(tmp_path, line, sentence):
    with pytest.raises(DataError, match=sentence):
        read(tmp_path, ['{"a": 1}', line])


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"{}\n{}\n", gzip.compress(b'{"a": 1}\n' * 20_000)[:-30], b"\x00\x01"]
)
def test_what_is_no_text_or_empty_is_refused(tmp_path, content):
    name = "t.jsonl.gz" if content[:2] == b"\x1f\x8b" else "t.jsonl"
    (tmp_path / name).write_bytes(content)

    with pytest.raises(DataError):
        build_source(JsonlConfig(path=name), tmp_path).read()


@pytest.mark.parametrize(
    "line", [r'{"a": 2, "b": "x\ud800y"}', r'{"a": 2, "\uDfff": "x"}', r'{"a": 2, "b": ["\ud83d"]}']
)
def test_half_a_character_is_a_bad_row_with_its_line(tmp_path, line):
    whole = r'{"a": 1, "b": "\ud83d\ude00"}'

    with pytest.raises(
        DataError, match=r"line 2 is no JSON object: it has half of a character, \\u"
    ) as error:
        read(tmp_path, [whole, line], group="b")

    assert len(str(error.value).splitlines()) == 1
    table = read(tmp_path, [whole, line], group="b", bad_rows="quarantine")
    assert table.frame["group"].to_list() == ["😀"]
    assert table.rejected.select("origin", "row").rows() == [("t.jsonl:2", line)]


def test_keys_that_come_late_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.sources.cells.tables.HEAD_ROWS", 2)
    monkeypatch.setattr(blocks, "BLOCK", 20)

    table = read(tmp_path, ['{"a": 1}'] * 30 + ['{"a": 1, "late": 2}'])

    assert table.channels == ("a",)
    assert table.notes == ("columns left out because the first rows do not have them: late",)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


ROWS = st.fixed_dictionaries({"a": st.none() | TEXTS, "b": st.integers() | st.floats(allow_nan=False)})


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ROWS, min_size=1), block=st.integers(3, 60))
def test_any_object_written_by_python_comes_back_the_same(tmp_path_factory, rows, block):
    folder = tmp_path_factory.mktemp("j")
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "t.jsonl").write_bytes(text.encode())
    source = JsonlSource(JsonlConfig(path="t.jsonl", group="a", target="b"), folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", block)
        read = [row for batch in source.raw_batches() for row in batch.frame.select("a", "b").rows()]

    assert [text for text, _ in read] == [row["a"] or None for row in rows]
    assert [float(number) for _, number in read] == [float(row["b"]) for row in rows]
