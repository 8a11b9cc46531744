"""The audit finds what was put in, and nothing where nothing is."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from pipeline.leakage.twins import text_twins
from pipeline.preprocessing.config_rows import TextConfig
from pipeline.preprocessing.text.cleaning import cleaned

RNG = np.random.default_rng(5)


def numbers(count, **more):
    """Return rows that say nothing about their class."""
    rng = np.random.default_rng(11)
    columns = {f"c{place}": rng.normal(size=count) for place in range(4)}
    return pl.DataFrame({**columns, "target": rng.choice(["sick", "well"], count), **more})


def texts(count):
    rng = np.random.default_rng(3)
    words = [f"word{number}" for number in range(900)]
    return [" ".join(rng.choice(words, 30)) for _ in range(count)]


def severities(found):
    return {check: finding.severity for check, finding in found.items() if finding.severity != "none"}


def test_clean_data_are_clean(audited, parted):
    found = audited(numbers(600), parted(600))

    assert severities(found) == {}
    assert found["exact duplicates across parts"].of > 0


def test_copies_across_parts_are_counted_with_their_places(audited, parted):
    frame, split = numbers(600), parted(600)
    split[10], split[12] = "train", "test"
    frame = pl.concat([frame[:12], frame[10:11], frame[13:]])

    finding = audited(frame, split)["exact duplicates across parts"]

    assert (finding.severity, finding.count, finding.of) == ("leak", 1, split.count("test"))
    assert finding.examples == ("data.csv:14 (test) = data.csv:12 (train)",)
    assert "is the same as one that trains" in finding.sentence


def test_copies_inside_one_part_are_no_leak(audited, parted):
    frame, split = numbers(600), parted(600)
    split[10] = split[12] = "train"

    assert severities(audited(pl.concat([frame[:12], frame[10:11], frame[13:]]), split)) == {}


def test_equal_rows_of_few_values_are_only_noted(audited, parted):
    frame = pl.DataFrame({name: RNG.integers(0, 2, 900).astype(float) for name in "abc"})
    frame = frame.with_columns(target=pl.Series(RNG.choice(["x", "y"], 900)))

    assert severities(audited(frame, parted(900))) == {"exact duplicates across parts": "note"}


def test_a_column_that_numbers_rows_does_not_hide_copies(audited, parted):
    frame, split = numbers(300), parted(300)
    split[10], split[12] = "train", "test"
    doubled = pl.concat([frame[:12], frame[10:11], frame[13:]]).with_columns(
        id=pl.int_range(pl.len()).cast(pl.Float64), key=pl.format("k{}", pl.int_range(pl.len()))
    )

    found = audited(doubled.select(pl.exclude("target"), "target"), split)

    assert found["exact duplicates across parts"].count == 1
    assert found["columns that give the target away"].severity == "none"


def test_a_text_that_is_nearly_repeated_is_a_leak(audited, parted):
    lines = texts(300)
    lines[9] = lines[8].upper() + "!!"  # 9 tests
    split = parted(300)
    split[8] = "train"
    frame = pl.DataFrame({"text": lines, "target": ["a", "b"] * 150})

    found = audited(frame, split, kind="text")

    assert severities(found) == {"near duplicates across parts": "leak"}
    assert found["near duplicates across parts"].examples == ("data.csv:11 (test) = data.csv:10 (train)",)


def test_texts_that_say_nothing_are_no_copies_of_each_other(audited, parted):
    lines = texts(300)
    lines[9] = lines[10] = "<br><br>"
    lines[12] = lines[13] = "https://t.co/x  @anna"
    lines[15] = lines[16] = "<script>run(this, and, that)</script>&nbsp;"
    lines[18] = lines[19] = "\U0001f600\U0001f600"
    frame = pl.DataFrame({"text": lines, "target": ["a", "b"] * 150})

    found = audited(frame, parted(300), kind="text")

    assert severities(found) == {"exact duplicates across parts": "leak"}
    assert found["exact duplicates across parts"].examples == ("data.csv:20 (test) = data.csv:21 (train)",)
    assert (
        "(without 6 texts of markup, addresses or mentions only)"
        in found["exact duplicates across parts"].sentence
    )


@pytest.mark.parametrize("social", [True, False])
def test_a_split_that_keeps_copies_together_has_none_for_the_audit(audited, social):
    words = [
        "<br/>",
        "<!-- a b c -->",
        " \t",
        "&nbsp;&nbsp;",
        "https://t.co/x",
        "@anna",
        "!!",
        "bad",
        "a b c d",
        "<i></i>",
    ]
    lines = [word for word in words for _ in range(6)]
    twins = text_twins(cleaned(pl.Series(lines), TextConfig(social=social)), 0.9)
    alone = np.bincount(twins)[twins] == 1
    split = np.where(alone, np.resize(["train", "test"], 60), np.where(twins % 2, "train", "test"))

    found = audited(pl.DataFrame({"text": lines}), split, kind="text")

    assert severities(found) == {}
    assert alone.any()


def test_groups_on_both_sides_are_a_leak(audited, parted):
    frame = numbers(400, group=[f"patient {row // 4}" for row in range(400)])

    found = audited(frame, parted(400))

    assert found["groups on both sides"].severity == "leak"
    assert found["groups on both sides"].count == found["groups on both sides"].of


def test_groups_on_one_side_are_clean(audited):
    frame = numbers(400, group=[f"patient {row // 4}" for row in range(400)])

    found = audited(frame, ["train"] * 240 + ["val"] * 60 + ["test"] * 100)

    assert found["groups on both sides"].severity == "none"


@pytest.mark.parametrize(
    ("column", "severity"),
    [
        (lambda sick: sick.astype(float), "leak"),
        (lambda sick: sick * 3.0 + RNG.random(len(sick)), "leak"),
        (lambda sick: np.where(sick, "yes", "no"), "leak"),
        (lambda sick: sick + RNG.normal(0, 0.6, len(sick)), None),
        (lambda sick: RNG.permutation(len(sick)).astype(float), None),
        (lambda sick: np.array([f"id{row}" for row in range(len(sick))]), None),
        (lambda sick: np.where(RNG.random(len(sick)) < 0.1, sick.astype(float), np.nan), None),
    ],
    ids=["itself", "hidden", "words", "useful", "numbering", "names", "mostly empty"],
)
def test_a_column_that_gives_the_class_away_is_found(audited, parted, column, severity):
    frame = numbers(900)
    sick = (frame["target"] == "sick").to_numpy()

    found = audited(frame.with_columns(extra=pl.Series(column(sick))), parted(900))

    assert severities(found).get("columns that give the target away") == severity
    if severity:
        assert found["columns that give the target away"].examples[0].startswith("extra: ")


def test_a_rare_class_is_not_given_away_by_guessing_the_frequent_one(audited, parted):
    rare = np.where(np.arange(900) % 100 == 0, "rare", "usual")

    found = audited(numbers(900).with_columns(target=pl.Series(rare)), parted(900))

    assert found["columns that give the target away"].severity == "none"


def test_a_number_that_is_asked_for_and_stands_among_the_columns_is_found(audited, parted):
    frame = numbers(300)
    price = RNG.normal(size=300)
    frame = frame.with_columns(
        target=pl.Series([str(value) for value in price]), in_cents=pl.Series(price * 100 + 7)
    )

    found = audited(frame, parted(300), head="regress")

    assert found["columns that give the target away"].severity == "leak"
    assert found["columns that give the target away"].examples == ("in_cents: 1.0000",)


def test_classes_that_only_test_has_are_told(audited, parted):
    frame, split = numbers(300), parted(300)
    target = frame["target"].to_list()
    for place in (0, 3, 6):
        target[place] = "unheard of"

    found = audited(frame.with_columns(target=pl.Series(target)), split)["class shares of the parts"]

    assert (found.severity, found.count) == ("warning", 1)
    assert "unheard of" in found.sentence


def test_other_class_shares_in_test_are_told(audited):
    target = ["a"] * 200 + ["b"] * 200 + ["a"] * 90 + ["b"] * 10

    found = audited(numbers(500).with_columns(target=pl.Series(target)), ["train"] * 400 + ["test"] * 100)

    assert found["class shares of the parts"].severity == "warning"
    assert "a: 50.0% of train, 90.0% of test" in found["class shares of the parts"].examples


def test_of_a_number_ranges_are_told_and_not_classes(audited):
    frame, split = numbers(500), ["train"] * 400 + ["test"] * 100
    low = RNG.permutation(400) / 400
    beyond = np.concatenate([low, np.linspace(2, 3, 100)])
    lower = np.concatenate([low, np.full(80, 0.1), np.linspace(0.2, 1, 20)])
    alike = np.concatenate([low, low[:100]])

    unseen, shifted, same = (
        audited(frame.with_columns(target=pl.Series(map(str, target))), split, head="regress")[
            "ranges of the target in the parts"
        ]
        for target in (beyond, lower, alike)
    )

    assert (unseen.severity, unseen.count, unseen.of) == ("note", 1, 5)
    assert "1 of 5 ranges of the target are in test but not in train (2 to 3)" in unseen.sentence
    assert shifted.severity == "warning"
    assert same.severity == "none"
    for found in (unseen, shifted, same):
        assert "class" not in found.sentence
        assert "range" in found.sentence


def test_labels_that_follow_the_file_are_told(audited, parted):
    frame = numbers(600)
    files = np.where(frame["target"] == "sick", "clinic", "school")
    frame = frame.with_columns(origin=pl.Series([f"{name}.csv:{row}" for row, name in enumerate(files)]))

    found = audited(frame, parted(600))

    assert severities(found) == {"labels that follow the source file": "warning"}
    assert (
        "gives 100% of the classes where guessing gives 50%"
        in found["labels that follow the source file"].sentence
    )


def test_numbers_that_follow_the_file_are_told_by_their_range(audited, parted):
    prices = RNG.normal(size=600)
    frame = numbers(600).with_columns(
        target=pl.Series(map(str, prices)),
        origin=pl.Series(
            [f"{'dear' if price > 0 else 'cheap'}.csv:{row}" for row, price in enumerate(prices)]
        ),
    )

    found = audited(frame, parted(600), head="regress")["labels that follow the source file"]

    assert found.severity == "warning"
    assert "of the ranges of the target where guessing" in found.sentence
    assert "samples of every range from every source" in found.sentence


def test_folders_named_after_the_class_are_how_the_class_is_told(audited, parted):
    frame = numbers(600)
    names = [f"{target}/{row}.png" for row, target in enumerate(frame["target"])]

    assert severities(audited(frame.with_columns(origin=pl.Series(names)), parted(600))) == {}


def test_files_that_have_nothing_to_do_with_the_class_are_fine(audited, parted):
    names = [f"part{RNG.integers(3)}.csv:{row}" for row in range(600)]

    found = audited(numbers(600, origin=names), parted(600))

    assert found["labels that follow the source file"].severity == "none"


def days(count):
    start = dt.datetime(2020, 1, 1)
    return [start + dt.timedelta(days=row) for row in range(count)]


def test_a_time_in_the_far_future_is_told(audited, parted):
    times = days(300)
    times[7] = dt.datetime(2099, 1, 1)

    found = audited(numbers(300, time=times), parted(300))["timestamps from the future"]

    assert (found.severity, found.count) == ("warning", 1)
    assert found.examples == ("data.csv:9: 2099-01-01 00:00:00",)


def test_a_split_by_time_in_order_is_clean(audited):
    found = audited(numbers(300, time=days(300)), ["train"] * 200 + ["val"] * 50 + ["test"] * 50)

    assert found["times of train and test"].severity == "none"


def test_a_split_by_time_with_a_sample_out_of_order_leaks(audited):
    times = days(300)
    times[299] = times[3]

    found = audited(numbers(300, time=times), ["train"] * 200 + ["val"] * 50 + ["test"] * 50)

    assert (found["times of train and test"].severity, found["times of train and test"].count) == ("leak", 1)


def test_no_split_by_time_where_there_are_times_is_noted(audited, parted):
    assert severities(audited(numbers(300, time=days(300)), parted(300))) == {
        "times of train and test": "note"
    }


def test_a_check_says_when_it_looked_at_some_samples_only(audited, parted, monkeypatch):
    monkeypatch.setattr("pipeline.leakage.parts.MOST_ROWS", 100)

    found = audited(numbers(600), parted(600))

    assert "looked at one sample in 6" in found["exact duplicates across parts"].sentence


def test_classes_that_are_read_as_one_are_judged_as_one_and_told(audited, parted):
    targets = [["joy", "joy", "awe", "rage"][place % 4] for place in range(240)]
    targets[0] = "hope"  # the test part alone has it
    frame = pl.DataFrame({"target": targets, "height": np.random.default_rng(0).normal(size=240)})

    apart = audited(frame, parted(240))
    together = audited(frame, parted(240), merged=("awe", "hope", "rage"), into="other")

    assert "1 of 4 classes are in test but not in train (hope)" in apart["class shares of the parts"].sentence
    assert "classes that were merged" not in apart
    assert together["class shares of the parts"].severity == "none"
    assert together["class shares of the parts"].of == 2
    finding = together["classes that were merged"]
    assert finding.severity == "note" and finding.count == 3
    assert "3 rare classes are read as 'other'" in finding.sentence and "% of test" in finding.sentence


def test_among_some_samples_copies_have_the_share_they_have_among_all(audited, parted, monkeypatch):
    monkeypatch.setattr("pipeline.leakage.parts.MOST_ROWS", 1_000)
    once = numbers(8_000)

    found = audited(pl.concat([once, once[:2_000]]), ["train"] * 8_000 + ["test"] * 1_900 + ["val"] * 100)

    finding = found["exact duplicates across parts"]
    assert "looked at one sample in 10" in finding.sentence
    assert finding.count == finding.of > 100


def test_where_most_rows_are_alike_some_of_them_are_chosen_by_place(audited, parted, monkeypatch):
    monkeypatch.setattr("pipeline.leakage.parts.MOST_ROWS", 1_000)
    few = pl.DataFrame({"a": RNG.integers(0, 4, 5_000), "target": RNG.choice(["x", "y"], 5_000)})

    found = audited(few, parted(5_000))

    assert found["exact duplicates across parts"].of == pytest.approx(1_000 / 3, abs=40)
