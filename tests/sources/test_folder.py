"""Images in folders: what their paths and a table of labels say about them."""

import pytest
from pydantic import ValidationError

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources.build import build_source
from pipeline.sources.config import FolderConfig


@pytest.fixture
def pictures(tmp_path, write):
    """Return a function that makes the files named and reads them as a folder."""

    def read(*names, labels=None, **settings):
        for name in names:
            write.image(tmp_path / "p" / name)
        if labels is not None:
            (tmp_path / "labels.csv").write_text(labels)
            settings["labels"] = "labels.csv"
        settings.setdefault("path", "p")
        return build_source(FolderConfig(**settings), tmp_path).read()

    return read


def facts(table, *columns):
    return table.frame.select("origin", *columns).rows()


def test_the_folder_is_the_class_and_a_folder_above_may_be_the_split(pictures):
    table = pictures("train/cat/1.png", "train/dog/a/2.png", "validation/cat/3.png", "Test/dog/4.png")

    assert facts(table, "split", "target") == [
        ("Test/dog/4.png", "test", "dog"),
        ("train/cat/1.png", "train", "cat"),
        ("train/dog/a/2.png", "train", "dog"),
        ("validation/cat/3.png", "val", "cat"),
    ]


def test_patterns_find_class_group_and_split_in_the_path(pictures):
    table = pictures(
        "s1/x_dev_cat.png", "s2/y_train_dog.png",
        target_pattern=r"_([a-z]+)\.png", group_pattern=r"^(s\d)/", split_pattern=r"_(dev|train)_",
    )  # fmt: skip

    assert facts(table, "group", "split", "target") == [
        ("s1/x_dev_cat.png", "s1", "val", "cat"),
        ("s2/y_train_dog.png", "s2", "train", "dog"),
    ]


def test_a_split_can_be_named_by_the_group_of_the_pattern_that_fits(pictures):
    table = pictures(
        "a/0.png", "a/4.png", "a/5.png", split_pattern=r"(?P<test>[0-4]\.png)|(?P<train>\d\.png)"
    )

    assert table.frame["split"].to_list() == ["test", "test", "train"]


def test_files_that_a_pattern_does_not_fit_are_counted(pictures):
    table = pictures("a/1_s1.png", "a/2.png", group_pattern=r"_(s\d)")

    assert table.frame["group"].to_list() == ["s1", None]
    assert table.notes == ("1 files have no group, such as a/2.png",)


@pytest.mark.parametrize("setting", ["group_pattern", "target_pattern", "split_pattern"])
def test_a_pattern_that_fits_no_file_is_refused(pictures, setting):
    with pytest.raises(
        DataError, match=rf"sources\.{setting}=.*finds nothing in any of 1 paths, such as a/1\.png"
    ):
        pictures("a/1.png", **{setting: "(nothing)"})


@pytest.mark.parametrize("pattern", ["cat", "(cat"])
def test_a_pattern_without_a_group_is_a_wrong_setting(pattern):
    with pytest.raises(ValidationError, match="group_pattern"):
        FolderConfig(path="p", group_pattern=pattern)


def test_a_split_that_is_no_split_is_refused(pictures):
    with pytest.raises(DataError, match=r"finds 'fold7' in a/fold7\.png; wanted: train"):
        pictures("a/fold7.png", split_pattern=r"(fold\d)")


def test_images_outside_class_folders_are_counted(pictures):
    table = pictures("a/1.png", "2.png")

    assert table.frame["origin"].to_list() == ["a/1.png"]
    assert table.notes == ("1 files have no class and were passed over, such as 2.png",)


def test_hidden_files_are_not_the_users_and_a_link_to_a_folder_above_ends(pictures, tmp_path):
    (tmp_path / "p" / "a").mkdir(parents=True)
    (tmp_path / "p" / "a" / "again").symlink_to(tmp_path / "p")

    table = pictures("a/1.png", "a/.2.png", ".trash/3.png", "__MACOSX/4.png")

    assert table.frame["origin"].to_list() == ["a/1.png"]


def test_a_pattern_of_files_is_read_below_the_folder_before_its_first_wildcard(pictures):
    table = pictures("x/a/1.png", "x/b/2.png", "y/c/3.png", path="p/x/*/*.png")

    assert facts(table, "target") == [("a/1.png", "a"), ("b/2.png", "b")]


@pytest.mark.parametrize(
    "rows",
    [
        "x/001.png,cat,s1\nx/002.png,dog,s2",
        "x/001,cat,s1\nx/002,dog,s2",
        "001.png,cat,s1\n002.png,dog,s2",
        "001,cat,s1\n002,dog,s2",
        "1,cat,s1\n2,dog,s2",
        '"x\\001.png",cat,s1\r\n./x/002.png , dog ,s2\r\n',
    ],
)
def test_a_table_of_labels_is_matched_with_or_without_folder_suffix_and_zeros(pictures, rows):
    table = pictures("x/001.png", "x/002.png", labels=f"file,what,who\n{rows}\n", label_group="who")

    assert facts(table, "group", "target") == [("x/001.png", "s1", "cat"), ("x/002.png", "s2", "dog")]
    assert table.notes == ()


def test_the_columns_of_a_table_of_labels_are_named(pictures):
    labels = "n;what;file\n1;cat;a.png\n2;dog;b.png\n"

    table = pictures("a.png", "b.png", labels=labels, label_file="file", label_target="what")

    assert table.frame["target"].to_list() == ["cat", "dog"]


def test_files_without_label_and_labels_without_file_are_counted(pictures):
    table = pictures("a.png", "b.png", "c.png", labels="file,class\na,x\nb,\nd,x\ne,X\n")

    assert facts(table, "target") == [("a.png", "x")]
    assert table.notes == (
        "2 files have no class and were passed over, such as b.png",
        "2 rows of labels.csv fit no file, such as 'd'",
        "classes of labels.csv that differ only in capitals: 'X' and 'x'",
    )


def test_whole_numbers_are_not_taken_for_shorter_ones(pictures):
    table = pictures("010.png", "100.png", labels="id,class\n10,ten\n100,hundred\n1000,more\n")

    assert facts(table, "target") == [("010.png", "ten"), ("100.png", "hundred")]


@pytest.mark.parametrize(
    ("labels", "settings", "sentence"),
    [
        ("", {}, "has no rows"),
        ("file,class\n", {}, "has no rows"),
        ("file,class\nz,x\n", {}, "no name in labels.csv, such as 'z', is that of one of the 2 files"),
        ("file,class\na,x\na,y\n", {}, "names 'a' twice, once with the class 'x' and once with 'y'"),
        ("file,class\na\n", {}, "row 2 of labels.csv has 1 cells, and the header 2"),
        ("file\na\n", {}, "has one column"),
        ("file,class\na,x\n", {"label_target": "clas"}, "has no column 'clas'; did you mean class"),
        ("file,a,a\na,x,y\n", {"label_target": "a"}, "names more than once the column 'a'"),
        ('file,class\n"a,x\n', {}, "cannot be read as a table"),
    ],
)
def test_a_table_of_labels_that_says_nothing_clear_is_refused(pictures, labels, settings, sentence):
    with pytest.raises(DataError) as error:
        pictures("a.png", "b.png", labels=labels, **settings)

    assert sentence in str(error.value)


def test_a_row_that_fits_two_files_is_refused(pictures):
    with pytest.raises(DataError, match=r"the row '1' of labels\.csv fits two files, 001\.bmp and 001\.png"):
        pictures("001.bmp", "001.png", labels="id,class\n1,x\n")


def test_columns_of_labels_without_a_table_are_a_wrong_setting(pictures):
    with pytest.raises(ConfigError, match=r"name the table with sources\.labels"):
        pictures("a/1.png", label_target="class")


def test_rows_do_not_depend_on_how_many_threads_read(pictures, monkeypatch):
    names = [f"{place % 3}/{place}.png" for place in range(40)]
    expected = pictures(*names).frame
    monkeypatch.setattr("pipeline.sources.payload.media.MediaSource.threads", 1)

    assert pictures(*names).frame.equals(expected)


def test_a_file_longer_than_its_pixels_can_need_is_not_read(pictures, tmp_path):
    (tmp_path / "p" / "a").mkdir(parents=True)
    with (tmp_path / "p" / "a" / "1.png").open("wb") as file:
        file.truncate(10**12)

    table = pictures(max_pixels=1000)

    assert table.frame["defect"].to_list() == [
        "a file of 1000000000000 bytes, more than 1000 pixels can need"
    ]


def test_a_link_to_nothing_is_a_picture_that_is_missing(pictures, tmp_path):
    (tmp_path / "p" / "a").mkdir(parents=True)
    (tmp_path / "p" / "a" / "gone.png").symlink_to("nothing.png")

    frame = pictures("a/1.png").frame

    assert frame["origin"].to_list() == ["a/1.png", "a/gone.png"]
    assert frame["defect"].to_list() == [None, "cannot be read: No such file or directory"]


def test_a_name_with_a_line_break_stays_on_one_line(pictures):
    frame = pictures("a/li\nne.png", "a/ünï 猫.png").frame

    assert frame["origin"].to_list() == ["a/li\\nne.png", "a/ünï 猫.png"]
    assert frame["defect"].null_count() == 2


def test_a_table_of_labels_brings_numbers_and_words_along(pictures):
    labels = "file,what,age,sex\nb.png,ill,NA,f\na.png,well,40.5,\n"

    table = pictures("a.png", "b.png", labels=labels, label_channels=("age",), label_categories=("sex",))

    assert facts(table, "age", "sex", "target") == [
        ("a.png", 40.5, None, "well"),
        ("b.png", None, "f", "ill"),
    ]
    assert table.frame.columns[-3:] == ["age", "sex", "target"]
    assert (table.channels, table.categories) == (("age",), ("sex",))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"label_channels": ("sex",)}, "'sex' of labels.csv has 1 cells that are no numbers, such as 'f'"),
        ({"label_channels": ("agee",)}, "has no column 'agee'; did you mean age"),
        ({"label_categories": ("image",)}, "'image' is a name this pipeline uses itself"),
    ],
)
def test_a_column_that_cannot_be_brought_along_is_told(pictures, settings, sentence):
    labels = "file,what,age,sex,image\na.png,well,40.5,f,x\n"

    with pytest.raises(DataError, match=sentence):
        pictures("a.png", labels=labels, **settings)
