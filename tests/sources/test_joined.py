"""Tables joined by id, or by time as it was known then."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources.build import build_source
from pipeline.sources.config import CsvConfig, JoinedConfig, JoinPart, JsonlConfig, ParquetConfig, SqlConfig

DAY = 86_400
PRICES = CsvConfig(path="prices.csv", time="day", group="who", target="up")


@pytest.fixture
def tables(tmp_path):
    """Return a function that writes CSV tables."""

    def write(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.csv").write_text(text)
        return tmp_path

    return write


def read(folder, *others, first=PRICES):
    return build_source(JoinedConfig(first=first, others=others), folder).read()


def week(*who):
    """Return prices of a week from Monday, 2024-01-01."""
    rows = [f"2024-01-{day:02d},{name},{day},{day % 2}" for name in who for day in range(1, 9)]
    return "day,who,close,up\n" + "\n".join(rows) + "\n"


def test_what_is_published_on_friday_is_not_known_on_thursday(tables):
    folder = tables(prices=week("a"), index="day,index\n2024-01-05,7\n")

    frame = read(folder, JoinPart(source=CsvConfig(path="index.csv", time="day"))).frame

    assert frame["index"].to_list() == [None] * 4 + [7.0] * 4


def test_a_lag_moves_what_is_known_into_the_future_and_an_age_ends_it(tables):
    folder = tables(prices=week("a"), index="day,index\n2024-01-01,7\n2024-01-05,8\n")
    part = JoinPart(
        source=CsvConfig(path="index.csv", time="day"), lag_seconds=2 * DAY, max_age_seconds=3 * DAY
    )

    table = read(folder, part)

    assert table.frame["index"].to_list() == [None, None, 7.0, 7.0, None, None, 8.0, 8.0]
    assert table.notes == ("sources.others[0] (index.csv) says nothing for 4 of 8 rows",)


def test_an_empty_cell_does_not_hide_the_last_known_value(tables):
    folder = tables(
        prices=week("a"), index="day,index,rate\n2024-01-01,7,1\n2024-01-03,,2\n2024-01-06,8,\n2024-01-07,,\n"
    )

    table = read(folder, JoinPart(source=CsvConfig(path="index.csv", time="day"), lag_seconds=DAY))

    assert table.frame["index"].to_list() == [None, 7, 7, 7, 7, 7, 8, 8]
    assert table.frame["rate"].to_list() == [None, 1, 1, 2, 2, 2, 2, 2]
    assert table.notes == (
        "sources.others[0] (index.csv) says nothing for 1 of 8 rows",
        "sources.others[0] (index.csv): 6 cells were taken from an older row, since the last is empty there",
    )


def test_the_age_of_a_value_counts_from_its_own_row(tables):
    folder = tables(prices=week("a"), index="day,index,rate\n2024-01-01,7,1\n2024-01-03,,2\n")

    table = read(folder, JoinPart(source=CsvConfig(path="index.csv", time="day"), max_age_seconds=3 * DAY))

    assert table.frame["index"].to_list() == [7, 7, 7, 7, None, None, None, None]
    assert table.frame["rate"].to_list() == [1, 1, 2, 2, 2, 2, None, None]
    assert table.notes[0] == "sources.others[0] (index.csv) says nothing for 2 of 8 rows"


def test_the_last_known_value_of_another_group_does_not_count(tables):
    folder = tables(
        prices=week("a", "b"),
        own="day,who,rate\n2024-01-01,a,1\n2024-01-02,b,\n2024-01-03,a,\n2024-01-04,b,4\n",
    )

    frame = read(folder, JoinPart(source=CsvConfig(path="own.csv", time="day", group="who"))).frame

    assert frame.filter(group="a")["rate"].to_list() == [1] * 8
    assert frame.filter(group="b")["rate"].to_list() == [None] * 3 + [4] * 5


@pytest.mark.parametrize(
    ("text", "source", "by", "note"),
    [
        ("who,size\na,1\n,2\n,3\n", {"group": "who"}, "id", "2 of 3 rows have no group, by which it is"),
        (
            "day,who,size\n2024-01-01,a,1\n,a,2\n2024-01-02,,2\n2024-01-03,a,3\n",
            {"time": "day", "group": "who"}, "time", "have no time or no group, by which it is",
        ),
    ],
)  # fmt: skip
def test_rows_without_a_key_are_counted(tables, text, source, by, note):
    folder = tables(prices=week("a"), other=text)

    table = read(folder, JoinPart(source=CsvConfig(path="other.csv", **source), by=by))

    assert any(note in told for told in table.notes), (table.notes, table.rejected)


def test_each_group_gets_its_own_where_the_other_table_has_groups(tables):
    folder = tables(prices=week("a", "b"), own="day,who,rate\n2024-01-01,b,1\n2024-01-07,a,2\n")

    frame = read(folder, JoinPart(source=CsvConfig(path="own.csv", time="day", group="who"))).frame

    assert frame.filter(group="a")["rate"].to_list() == [None] * 6 + [2.0] * 2
    assert frame.filter(group="b")["rate"].to_list() == [1.0] * 8


def test_by_id_every_row_of_a_group_gets_its_facts(tables):
    folder = tables(prices=week("a", "b"), facts="who,size\nb,10\nc,30\n")

    table = read(folder, JoinPart(source=CsvConfig(path="facts.csv", group="who"), by="id", prefix="fact_"))

    assert table.channels == ("close", "fact_size")
    assert table.frame.group_by("group").agg(pl.col("fact_size").unique()).sort("group").rows() == [
        ("a", [None]), ("b", [10.0]),
    ]  # fmt: skip


def test_categories_join_samples_and_not_series(tables):
    folder = tables(prices=week("a"), facts="who,size,kind\na,10,big\n")
    facts = CsvConfig(path="facts.csv", group="who", rows="samples", categories=("kind",))
    samples = PRICES.model_copy(update={"rows": "samples"})

    joined = read(folder, JoinPart(source=facts, by="id"), first=samples)
    series = read(folder, JoinPart(source=facts, by="id"))

    assert joined.categories == ("kind",)
    assert joined.frame.columns[-4:] == ["close", "size", "kind", "target"]
    assert series.categories == ()
    assert "kind" not in series.frame.columns
    assert "categories do not go with a series and were left out: kind" in series.notes[0]


def test_rows_stay_as_they_lie_and_none_is_lost(tables):
    text = week("b", "a").splitlines(keepends=True)
    folder = tables(prices="".join([text[0], *reversed(text[1:])]), index="day,index\n2024-01-03,1\n")
    source = build_source(
        JoinedConfig(first=PRICES, others=(JoinPart(source=CsvConfig(path="index.csv", time="day")),)), folder
    )

    rows = pl.concat(list(source.batches()))

    assert (
        rows["origin"].to_list()
        == pl.concat(list(build_source(PRICES, folder).batches()))["origin"].to_list()
    )
    assert rows.filter(pl.col("time") < datetime(2024, 1, 3))["index"].null_count() == 4


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "sql"])
def test_tables_of_every_kind_are_joined(tables, kind):
    folder = tables(prices=week("a"))
    frame = pl.DataFrame({"day": ["2024-01-05"], "index": [7.0]})
    match kind:
        case "parquet":
            frame.write_parquet(folder / "i.parquet")
            source = ParquetConfig(path="i.parquet", time="day")
        case "jsonl":
            frame.write_ndjson(folder / "i.jsonl")
            source = JsonlConfig(path="i.jsonl", time="day")
        case "sql":
            frame.write_database("i", f"sqlite:///{folder / 'i.db'}")
            source = SqlConfig(path="sqlite:///i.db", query="select * from i", time="day")

    assert read(folder, JoinPart(source=source)).frame["index"].to_list() == [None] * 4 + [7.0] * 4


INDEX = "day,index\n2024-01-05,7\n"
REFUSED = {
    "a column twice": ("day,close\n2024-01-05,7\n", {"time": "day"}, {}, DataError, "the columns close, which"),
    "a name of the pipeline": ("day,it\n2024-01-05,7\n", {"time": "day"}, {"prefix": "spl"}, DataError, "split"),
    "two rows at one time": (INDEX + "2024-01-05,8\n", {"time": "day"}, {}, DataError, "has 2 rows whose time another"),
    "two rows of one id": ("who,x\na,1\na,2\n", {"group": "who"}, {"by": "id"}, DataError, "whose group another row"),
    "no times": ("who,x\na,1\n", {"group": "who"}, {}, DataError, "is joined by time, and has none"),
    "no ids": (INDEX, {"time": "day"}, {"by": "id"}, DataError, "is joined by group, and has none"),
    "too old when it becomes known": (
        INDEX, {"time": "day"}, {"lag_seconds": 9, "max_age_seconds": 8}, ConfigError, "too old when it becomes known",
    ),
    "texts": (
        "day,x\n2024-01-05,hello\n", {"time": "day", "text": "x", "rows": "samples"}, {}, ConfigError, "table of texts",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_joined_is_refused_in_a_sentence(tables, case):
    text, source, part, error, sentence = REFUSED[case]
    folder = tables(prices=week("a"), other=text)

    with pytest.raises(error) as told:
        read(folder, JoinPart(source=CsvConfig(path="other.csv", **source), **part))

    assert sentence in str(told.value)


def test_a_prefix_keeps_equal_columns_apart(tables):
    folder = tables(prices=week("a"), other="day,close\n2024-01-05,7\n")

    table = read(folder, JoinPart(source=CsvConfig(path="other.csv", time="day"), prefix="old_"))

    assert table.channels == ("close", "old_close")


def test_groups_of_the_other_table_need_groups_in_the_first(tables):
    folder = tables(prices=week("a"), own="day,who,rate\n2024-01-01,a,1\n")
    first = CsvConfig(path="prices.csv", time="day", channels=("close",))

    with pytest.raises(
        DataError, match=r"joined by group, and sources\.first has none; set sources\.first\.group"
    ):
        read(folder, JoinPart(source=CsvConfig(path="own.csv", time="day", group="who")), first=first)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 40), st.sampled_from("ab")), min_size=1, max_size=30, unique=True),
    known=st.dictionaries(
        st.tuples(st.integers(0, 40), st.sampled_from("abc")), st.none() | st.integers(0, 99), min_size=1
    ).filter(lambda known: any(value is not None for value in known.values())),
    lag=st.integers(0, 9),
    age=st.integers(9, 30),
)
def test_no_row_sees_what_was_not_known_and_each_sees_the_last_that_was(
    tmp_path_factory, rows, known, lag, age
):
    folder = tmp_path_factory.mktemp("joined")
    start = datetime(2024, 1, 1)
    first = pl.DataFrame(
        {
            "at": [start + timedelta(seconds=second) for second, _ in rows],
            "who": [who for _, who in rows],
            "x": [float(place) for place in range(len(rows))],
        }
    )
    other = pl.DataFrame(
        {
            "at": [start + timedelta(seconds=second) for second, _ in known],
            "who": [who for _, who in known],
            "y": pl.Series(list(known.values()), dtype=pl.Float64),
        }
    )
    first.write_parquet(folder / "first.parquet")
    other.write_parquet(folder / "other.parquet")
    named = {"time": "at", "group": "who"}
    part = JoinPart(source=ParquetConfig(path="other.parquet", **named), lag_seconds=lag, max_age_seconds=age)

    frame = read(folder, part, first=ParquetConfig(path="first.parquet", **named)).frame

    found = dict(zip(frame["x"].to_list(), frame["y"].to_list(), strict=True))
    for place, (second, who) in enumerate(rows):
        told = [then for (then, name), value in known.items() if name == who and value is not None]
        seen = [then for then in told if then + lag <= second and second - then <= age]
        expected = float(known[max(seen), who]) if seen else None
        assert found[float(place)] == expected


def test_the_first_table_is_read_batch_by_batch(tables):
    rows = 120_000
    seconds = np.arange(rows)
    folder = tables(index="day,index\n1970-01-01 00:00:10,1\n1970-01-02 00:00:00,2\n")
    pl.DataFrame(
        {"t": pl.Series(seconds * 1_000_000).cast(pl.Datetime("us")), "x": seconds * 1.0}
    ).write_parquet(folder / "first.parquet", row_group_size=10_000)
    config = JoinedConfig(
        first=ParquetConfig(path="first.parquet", time="t"),
        others=(JoinPart(source=CsvConfig(path="index.csv", time="day")),),
    )

    batches = list(build_source(config, folder).batches())

    assert len(batches) > 1
    index = pl.concat(batches)["index"]
    assert index.null_count() == 10
    assert index.value_counts().drop_nulls().sort("index").rows() == [(1.0, 86_390), (2.0, rows - 86_400)]
