"""Cases of the UCR/UEA archive."""

import numpy as np
import pytest

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources.build import build_source
from pipeline.sources.config import UcrConfig

HEAD = "#comment: é\n@problemName Toy\n@timeStamps false\n@classLabel true a b\n"


def read(folder, **settings):
    settings.setdefault("path", "p")
    return build_source(UcrConfig(**settings), folder).read()


@pytest.fixture
def cases(tmp_path):
    """Return a function that writes files below ``p`` and reads them."""

    def write(**files):
        (tmp_path / "p").mkdir(exist_ok=True)
        for name, text in files.items():
            stem, _, suffix = name.rpartition("_")
            (tmp_path / "p" / f"{stem}.{suffix}").write_text(text)
        return read(tmp_path)

    return write


def test_each_case_is_a_group_whose_rows_have_its_class(cases):
    table = cases(
        Toy_TRAIN_ts=HEAD + "@data\n1,2:3,4:a\n5:6:b\n", Toy_TEST_ts=HEAD + "@data\n7,8,9:1,?,3:b\n"
    )

    assert table.channels == ("dim_0", "dim_1")
    assert table.frame.select("group", "time", "split", "origin", "dim_0", "dim_1", "target").rows() == [
        ("Toy_TEST:1", None, "test", "Toy_TEST.ts:6", 7.0, 1.0, "b"),
        ("Toy_TEST:1", None, "test", "Toy_TEST.ts:6", 8.0, None, "b"),
        ("Toy_TEST:1", None, "test", "Toy_TEST.ts:6", 9.0, 3.0, "b"),
        ("Toy_TRAIN:1", None, "train", "Toy_TRAIN.ts:6", 1.0, 3.0, "a"),
        ("Toy_TRAIN:1", None, "train", "Toy_TRAIN.ts:6", 2.0, 4.0, "a"),
        ("Toy_TRAIN:2", None, "train", "Toy_TRAIN.ts:7", 5.0, 6.0, "b"),
    ]


def test_the_three_forms_hold_the_same(cases, tmp_path):
    ts = "@univariate true\n@classLabel true 1 2\n@data\n1,-2e3,?,4:1\n5,6:2\n"
    tsv = "1\t1\t-2e3\tNaN\t4\n2\t5\t6\tNaN\tNaN\n"
    arff = (
        "%c\n@relation t\n"
        + "@attribute a numeric\n" * 4
        + "@attribute c {1,2}\n@data\n1,-2e3,?,4,1\n5,6,?,?,2\n"
    )

    frames = [
        cases(**{f"T_TRAIN_{suffix}": text}).frame
        for suffix, text in {"arff": arff, "tsv": tsv, "ts": ts}.items()
    ]

    assert frames[0].drop("origin").equals(frames[1].drop("origin"))
    assert frames[0].drop("origin").equals(frames[2].drop("origin"))
    assert frames[2]["origin"][0] == "T_TRAIN.ts:4"


@pytest.mark.parametrize(
    "line",
    [
        "b\t1\t2.5\t3\n",
        "b,1,2.5,3\n",
        "b, 1, 2.5, 3\r\n",
        "  b  1  2.5   3 \n",
        "b\t1\t2.5\t3\t\t \n",
        "b,1,2.5,3,NaN,,\n",
    ],
)
def test_cells_of_a_table_are_parted_by_what_the_line_uses(cases, line):
    frame = cases(T_TRAIN_tsv=line).frame

    assert frame["dim_0"].to_list() == [1, 2.5, 3]
    assert frame["target"].unique().to_list() == ["b"]


def test_several_forms_of_one_file_are_read_once(cases):
    table = cases(T_TRAIN_ts="@data\n1,2:a\n", T_TRAIN_tsv="a\t1\t2\n")

    assert table.frame.height == 2
    assert table.notes == ("1 files that hold the same cases in another form were passed over",)


def test_quoted_channels_of_an_arff_file_are_parted(cases):
    head = "@relation t\n@attribute r relational\n@attribute x numeric\n@end r\n@attribute c {a}\n@data\n"

    frame = cases(T_ts="@data\n9:9:z\n", U_arff=head + "'1,2\\n3,4',a\n").frame

    assert frame.filter(group="U:1").select("dim_0", "dim_1", "target").rows() == [(1, 3, "a"), (2, 4, "a")]


def test_channels_of_unequal_length_end_in_nulls_and_are_counted(cases):
    table = cases(T_ts="@data\n1,2,3:4:a\n")

    assert table.frame["dim_1"].to_list() == [4, None, None]
    assert table.notes == ("1 cases have channels of several lengths; their ends are null",)


def test_a_number_is_the_target_of_a_regression(cases):
    assert (
        cases(T_ts="@classLabel false\n@targetLabel true\n@data\n1,2:0.75\n").frame["target"].to_list()
        == ["0.75"] * 2
    )


def test_cases_without_class_have_no_target(cases):
    assert "target" not in cases(T_ts="@classLabel false\n@data\n1,2\n").frame.columns


BROKEN = {
    "an empty file": ("ts", "", "it has no line @data"),
    "text": ("ts", "hello\nworld\n", "T_TRAIN.ts is no .ts file"),
    "no cases": ("ts", HEAD + "@data\n", "holds not one case"),
    "times": ("ts", HEAD.replace("timeStamps false", "timeStamps true") + "@data\n(0,1):a\n", "gives a time with each"),
    "times without saying so": ("ts", "@data\n(0,1),(1,2):a\n", "holds '(0', which is no number"),
    "a case cut off": ("ts", HEAD + "@data\n1,2:3,4:a\n1,2:3\n", "T_TRAIN.ts:7 has 2 parts between colons; 2 channels"),
    "a number cut off": ("ts", HEAD + "@data\n1,2:a\n1,-:a\n", "T_TRAIN.ts:7 holds '-', which is no number"),
    "an empty cell": ("ts", HEAD + "@data\n1,,2:a\n", "T_TRAIN.ts:6 holds '', which is no number"),
    "a number with a unit": ("ts", HEAD + "@data\n1,2 km:a\n", "holds '2 km'"),
    "an infinite number": ("ts", HEAD + "@data\n1,inf:a\n", "holds 'inf'"),
    "an underscore": ("ts", HEAD + "@data\n1,2_0:a\n", "holds '2_0'"),
    "a class that is none": ("ts", HEAD + "@data\n1,2:c\n", "has the class 'c'; the header names a, b"),
    "a length that is another": (
        "ts", "@equalLength true\n@seriesLength 3\n@data\n1,2:a\n", "has [2] values, and the header says 3",
    ),
    "other channels": ("ts", "@dimensions 3\n@data\n1:2:a\n", "3 channels and a class are wanted"),
    "zero bytes": ("ts", "@data\n1,\0:a\n", "is not text"),
    "an empty table": ("tsv", "\n", "holds not one case"),
    "a word in a table": ("tsv", "a\t1\tx\n", "T_TRAIN.tsv:1 holds 'x'"),
    "an empty cell between tabs": ("tsv", "1\t1.0\t\t3\n", "T_TRAIN.tsv:1 holds '', which is no number"),
    "an empty cell between commas": ("tsv", "1,1.0,2\n1,1.0,,3\n", "T_TRAIN.tsv:2 holds '', which is no number"),
    "a tab for a class": ("tsv", "\t1.0\t2.0\n", "T_TRAIN.tsv:1 has an empty first cell, where the class"),
    "a comma for a class": ("tsv", "1,1.0\n ,1.0,2.0\n", "T_TRAIN.tsv:2 has an empty first cell, where the class"),
    "a class alone": ("tsv", "a\n", "no number"),
    "a case of holes": ("tsv", "a\tNaN\tNaN\n", "T_TRAIN.tsv:1 holds not one value"),
    "an ARFF file without data": ("arff", "@relation t\n", "is no .arff file"),
    "an ARFF case cut off": ("arff", "@attribute a numeric\n@attribute c {1}\n@data\n1\n", "has 1 cells"),
    "an ARFF series cut off": ("arff", "@attribute r relational\n@data\n'1,2\\n3\n", "no quoted series and its class"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_bad_cases_are_refused_in_a_sentence(cases, case):
    suffix, text, sentence = BROKEN[case]

    with pytest.raises(DataError) as error:
        cases(**{f"T_TRAIN_{suffix}": text})

    assert sentence in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_files_of_two_data_sets_are_not_read_together(cases):
    with pytest.raises(DataError, match=r"U\.ts:2 has 2 channels, and the cases before 1"):
        cases(T_ts="@data\n1:a\n", U_ts="@data\n1:2:a\n")


def test_a_group_of_ones_own_does_not_go_with_cases(tmp_path):
    with pytest.raises(ConfigError, match="each case is a group"):
        build_source(UcrConfig(path="p", group_pattern="(x)"), tmp_path)


def test_batches_hold_whole_cases_whatever_their_size(cases, tmp_path, monkeypatch):
    random = np.random.default_rng(0)
    text = "@data\n" + "".join(f"{','.join(map(str, random.integers(0, 9, 7)))}:a\n" for _ in range(20))
    expected = cases(T_TRAIN_ts=text).frame
    monkeypatch.setattr("pipeline.sources.ucr.MOST_ROWS", 16)

    batches = list(build_source(UcrConfig(path="p"), tmp_path).batches())

    assert [batch.height for batch in batches] == [21] * 6 + [14]
    assert read(tmp_path).frame.equals(expected)
