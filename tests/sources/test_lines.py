"""Files with one text per line."""

import gzip

import pytest

from pipeline.foundation.errors import DataError
from pipeline.sources.build import build_source
from pipeline.sources.config import LinesConfig


def read(folder, **settings):
    settings.setdefault("path", "p")
    return build_source(LinesConfig(**settings), folder).read()


@pytest.fixture
def texts(tmp_path):
    """Return a function that writes a file of bytes below ``p``."""

    def write(name, content):
        path = tmp_path / "p" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return write


def test_only_a_line_feed_ends_a_line(tmp_path, texts):
    texts("a.txt", "one\x85two\x0b\u2028 \n\n three \r\nfour".encode())

    frame = read(tmp_path).frame

    assert frame["text"].to_list() == ["one\x85two\x0b\u2028 ", "", " three ", "four"]
    assert frame["origin"].to_list() == [f"a.txt:{line}" for line in (1, 2, 3, 4)]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8", "cp1252"])
def test_texts_are_read_in_their_encoding(tmp_path, texts, encoding):
    texts("a.txt", "déjà\nvu\n".encode(encoding))

    assert read(tmp_path, encoding=encoding).frame["text"].to_list() == ["déjà", "vu"]


def test_a_byte_order_mark_and_gzip_are_no_part_of_the_text(tmp_path, texts):
    texts("a.txt.gz", gzip.compress(b"\xef\xbb\xbfone\ntwo\n"))

    assert read(tmp_path).frame["text"].to_list() == ["one", "two"]


def test_the_class_is_in_the_path(tmp_path, texts):
    texts("r.neg", b"bad\n")
    texts("r.pos", b"good\n")
    texts("readme.md", b"read me\n")

    table = read(tmp_path, target_pattern=r"\.(pos|neg)$")

    assert table.frame.select("text", "target").rows() == [("bad", "neg"), ("good", "pos")]
    assert table.notes == ("1 files have no class and were passed over, such as readme.md",)


def test_the_class_is_the_folder_and_the_split_the_one_above(tmp_path, texts):
    texts("train/pos/1.txt", b"good\n")
    texts("test/neg/1.txt", b"bad\n")

    frame = read(tmp_path).frame

    assert frame.select("split", "text", "target").rows() == [
        ("test", "bad", "neg"),
        ("train", "good", "pos"),
    ]


@pytest.mark.parametrize("names", ["0 sad\n1\tvery happy\n", "sad\nvery happy\n"])
def test_classes_stand_line_by_line_in_a_second_file(tmp_path, texts, names):
    texts("train_text.txt", b"a\nb\n\n")
    texts("train_labels.txt", b"1\n0\n0,1\n")
    (tmp_path / "names.txt").write_text(names)

    frame = read(
        tmp_path, labels=("_text", "_labels"), label_names="names.txt", split_pattern="(train|test)_text"
    ).frame

    assert frame.select("split", "text", "target").rows() == [
        ("train", "a", "very happy"), ("train", "b", "sad"), ("train", "", "sad,very happy"),
    ]  # fmt: skip


BROKEN = {
    "an empty file": (b"", {}, "holds not one line of text"),
    "another encoding": (b"fine\ncaf\xe9\n", {}, "a_text:2 is not utf-8 (byte 0xe9); set sources.encoding"),
    "an unknown encoding": (b"fine\n", {"encoding": "klingon"}, "no known encoding"),
    "half a character at the end": ("é".encode("utf-16")[:-1], {"encoding": "utf-16"}, "is not utf-16"),
    "bytes that are no text": (b"PK\x03\x04\0\0", {}, "a_text:1 is not text"),
    "too few classes": (b"a\nb\n", {"labels": ("_text", "_labels")}, "a_labels ends after 1 lines and a_text does not"),
    "too many classes": (b"", {"labels": ("_text", "_labels")}, "a_text ends after 0 lines and a_labels does not"),
    "no second file": (b"a\n", {"labels": ("_text", "_classes")}, "a_text has no a_classes beside it"),
    "no file so named": (b"a\n", {"labels": ("_tweets", "_labels")}, "no file in sources.path=p has '_tweets'"),
    "a class without a name": (
        b"a\n", {"labels": ("_text", "_labels"), "label_names": "names"}, "a_labels:1 holds the class '7'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_bad_texts_are_refused_in_a_sentence(tmp_path, texts, case):
    content, settings, sentence = BROKEN[case]
    texts("a_text", content)
    if "labels" in settings:
        texts("a_labels", b"7\n")
    (tmp_path / "names").write_text("sad\nhappy\n")

    with pytest.raises(DataError) as error:
        read(tmp_path, **settings)

    assert sentence in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_truncated_archive_is_refused(tmp_path, texts):
    texts("a.txt.gz", gzip.compress(b"one\ntwo\n" * 1000)[:40])

    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path)


def test_a_file_without_line_ends_is_not_taken_into_memory(tmp_path, texts, monkeypatch):
    monkeypatch.setattr("pipeline.sources.cells.textlines.LONGEST", 1000)
    texts("a.txt", b"x" * 1001)

    with pytest.raises(DataError, match=r"a\.txt:1 has more than 1,000 characters"):
        read(tmp_path)
