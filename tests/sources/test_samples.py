"""Rows that stand for themselves: channels, categories, texts, targets, and the split they come with."""

import polars as pl
import pytest
from pydantic import ValidationError

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources.build import build_source
from pipeline.sources.config import CsvConfig

PATIENTS = "name,age,place,smokes,part,sick\n" + "".join(
    f"p{row},{20 + row},{('Bonn', 'Köln')[row % 2]},{row % 3 == 0},{('train', 'dev', 'Testing')[row % 3]},{row % 2}\n"
    for row in range(120)
)


def read(tmp_path, content=PATIENTS, /, **settings):
    (tmp_path / "t.csv").write_text(content, encoding="utf-8")
    return build_source(CsvConfig(path="t.csv", rows="samples", **settings), tmp_path).read()


def test_numbers_become_channels_and_few_words_categories(tmp_path):
    table = read(tmp_path, target="sick", split="part")

    assert table.kind == "samples"
    assert table.channels == ("age",)
    assert table.categories == ("place", "smokes")
    assert table.frame.columns[5:] == ["age", "place", "smokes", "target"]
    assert table.frame.schema["place"] == pl.String
    assert "columns left out because they are no numbers: name" in table.notes


def test_only_the_named_columns_are_read(tmp_path):
    table = read(tmp_path, channels=("age",), target="sick")

    assert (table.channels, table.categories) == (("age",), ())

    table = read(tmp_path, categories=("smokes",), target="sick")

    assert (table.channels, table.categories) == (("age",), ("smokes",))


def test_splits_are_understood_by_any_of_their_names(tmp_path):
    frame = read(tmp_path, target="sick", split="part").frame

    assert frame["split"].head(3).to_list() == ["train", "val", "test"]


def test_samples_keep_the_order_of_the_file(tmp_path):
    frame = read(tmp_path, "who,a,y\nz,1,p\na,2,q\nm,3,p\n", group="who", target="y").frame

    assert frame["group"].to_list() == ["z", "a", "m"]


def test_a_text_is_read_as_it_stands(tmp_path):
    text = 'said,mood\n"  NA, he ""so""\nbe it ",good\nNA,bad\n,good\n'

    table = read(tmp_path, text, text="said", target="mood")

    assert table.kind == "text"
    assert table.frame["text"].to_list() == ['  NA, he "so"\nbe it ', "NA", None]
    assert table.frame.columns[5:] == ["text", "target"]


def test_a_file_without_a_header_gets_the_names_of_the_settings(tmp_path):
    table = read(
        tmp_path,
        'She said "hi"\t3\tx1\nNo " here\t2,18\tx2\n',
        names=("said", "mood", "id"), separator="\t", quotes=False, text="said", target="mood",
    )  # fmt: skip

    assert table.frame["text"].to_list() == ['She said "hi"', 'No " here']
    assert table.frame["target"].to_list() == ["3", "2,18"]  # two labels, no number with a decimal comma


def test_labels_spelt_in_several_ways_are_told_and_kept_apart(tmp_path):
    rows = [" Yes", "Yes", "yes", "YES", "no"] * 4
    table = read(tmp_path, "a,y\n" + "".join(f"{at},{name}\n" for at, name in enumerate(rows)), target="y")

    assert sorted(table.frame["target"].unique()) == ["YES", "Yes", "no", "yes"]
    assert table.notes == (
        "y: spaces around a name do not count: ' Yes' in 4 rows is read without them",
        "y: 'Yes' (8 rows), 'YES' (4 rows), 'yes' (4 rows) are kept apart; make them one if they mean the same",
    )


def test_numbers_spelt_in_several_ways_are_told_when_they_are_classes(tmp_path):
    table = read(tmp_path, "a,y\n1,1\n2,1.0\n3,0\n4,0\n", target="y")

    assert table.notes == (
        "y: '1' (1 rows), '1.0' (1 rows) are kept apart; make them one if they mean the same",
    )


def test_the_path_of_a_file_tells_group_split_and_target(tmp_path):
    for place in ("valid/anna_happy", "train/ben_sad"):
        path = tmp_path / "songs" / f"{place}.csv"
        path.parent.mkdir(parents=True)
        path.write_text("a\n1\n2\n")
    config = CsvConfig(
        path="songs",
        rows="samples",
        split_pattern=r"^(\w+)/",
        group_pattern=r"/(\w+?)_",
        target_pattern=r"_(\w+)\.",
    )

    frame = build_source(config, tmp_path).read().frame

    assert frame.select("group", "split", "target", "origin").rows() == [
        ("ben", "train", "sad", "train/ben_sad.csv:2"),
        ("ben", "train", "sad", "train/ben_sad.csv:3"),
        ("anna", "val", "happy", "valid/anna_happy.csv:2"),
        ("anna", "val", "happy", "valid/anna_happy.csv:3"),
    ]


def test_column_and_path_cannot_both_say_the_group(tmp_path):
    with pytest.raises(
        ConfigError, match=r"sources\.group=name and sources\.group_pattern both say the group"
    ):
        read(tmp_path, group="name", group_pattern="(x)")


def test_texts_are_for_samples():
    with pytest.raises(ValidationError, match=r"needs sources\.rows=samples"):
        CsvConfig(path="t.csv", text="a")


def test_a_column_that_is_channel_and_category_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"\['age'\] are channels, too"):
        read(tmp_path, channels=("age",), categories=("age",), target="sick")


def test_a_table_with_nothing_to_learn_from_is_refused(tmp_path):
    with pytest.raises(DataError, match="no numeric column besides time, group and target; it has: name"):
        read(tmp_path, "name,sick\nanna,1\nben,0\n", target="sick")


def test_beside_a_text_come_the_columns_that_are_named_and_no_others(tmp_path):
    content = "post,likes,where,age,mood\nfine day,3,Bonn,40,glad\nrain,,Rome,50,sad\n"

    table = read(tmp_path, content, text="post", target="mood", channels=("likes",), categories=("where",))

    assert (table.kind, table.channels, table.categories) == ("text", ("likes",), ("where",))
    assert table.frame.select("text", "likes", "where", "target").rows() == [
        ("fine day", 3.0, "Bonn", "glad"), ("rain", None, "Rome", "sad"),
    ]  # fmt: skip


def test_a_number_beside_a_text_may_not_be_called_text(tmp_path):
    with pytest.raises(DataError, match=r"\['text'\] are names this pipeline uses itself"):
        read(tmp_path, "post,text,mood\nx,1,a\ny,2,b\n", text="post", target="mood", channels=("text",))


def test_a_series_brings_the_words_that_are_named(tmp_path):
    (tmp_path / "t.csv").write_text("who,day,value,ward\na,2020-01-01,1,north\na,2020-01-02,2,\n")
    config = CsvConfig(path="t.csv", time="day", group="who", categories=("ward",))

    table = build_source(config, tmp_path).read()

    assert (table.kind, table.channels, table.categories) == ("series", ("value",), ("ward",))
    assert table.frame["ward"].to_list() == ["north", None]
