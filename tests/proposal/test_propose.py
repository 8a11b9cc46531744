"""A look at a user's data proposes settings a person would choose, and says why."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import DataError, ShapeError
from pipeline.proposal.choice import Wishes
from pipeline.proposal.propose import propose

START = datetime(2024, 1, 1)


def readings(path, hours=1000, *, drop=(), name="when", **columns):
    keep = [hour for hour in range(hours) if hour not in drop]
    rng = np.random.default_rng(0)
    table = pl.DataFrame(
        {
            name: [str(START + timedelta(hours=hour)) for hour in keep],
            "heat": rng.normal(20, 3, len(keep)).round(2),
            "wind": rng.gamma(2, 2, len(keep)).round(2),
            **{key: value[: len(keep)] for key, value in columns.items()},
        }
    )
    table.write_csv(path)
    return path


def chosen(proposal):
    return {choice.setting: choice.value for choice in proposal.choices}


def test_a_regular_series_is_forecast_one_season_ahead(tmp_path):
    proposal = propose(readings(tmp_path / "a.csv"), Wishes())

    assert chosen(proposal)["sources.time"] == "when"
    assert proposal.config.sources.channels == ("heat", "wind")
    assert (proposal.config.heads.kind, proposal.config.heads.horizon) == ("forecast", 24)
    assert proposal.config.preprocessing.split.kind == "time"
    assert all(choice.reason for choice in proposal.choices)


@pytest.mark.parametrize(
    ("split", "told"),
    [
        ({}, "val 15%, test 20% of the time"),
        ({"train": 600, "val": 120, "test": 200}, "val 120 time steps, test 200 time steps"),
        ({"val": 0.1, "test": 1200}, "val 10% of the time, test 1,200 time steps"),
    ],
)
def test_parts_are_told_as_they_are_set_in_shares_or_in_time_steps(split, told, tmp_path):
    data = readings(tmp_path / "a.csv", hours=2500)
    wishes = Wishes(settings={"preprocessing": {"split": {"kind": "time", **split}}})

    assert chosen(propose(data, wishes))["preprocessing.split"] == told


def test_a_few_long_gaps_are_not_crossed(tmp_path):
    drop = {*range(300, 340), *range(700, 720)}

    proposal = propose(readings(tmp_path / "a.csv", drop=drop), Wishes())

    assert proposal.config.preprocessing.gaps == "break"
    assert any("2 gaps" in choice.reason for choice in proposal.choices)


def test_many_short_gaps_are_filled_since_nothing_would_be_left(tmp_path):
    proposal = propose(readings(tmp_path / "a.csv", drop=set(range(50, 1000, 50))), Wishes())

    assert proposal.config.preprocessing.gaps == "fill"
    assert proposal.config.preprocessing.missing == "previous"


def test_business_days_are_no_gaps(tmp_path):
    days = [START + timedelta(days=day) for day in range(900) if (START + timedelta(days=day)).weekday() < 5]
    table = pl.DataFrame(
        {"Date": [str(day.date()) for day in days], "Close": np.arange(len(days)) % 97 + 0.5}
    )
    table.write_csv(tmp_path / "prices.csv")

    proposal = propose(tmp_path / "prices.csv", Wishes())

    assert proposal.config.preprocessing.gaps == "ignore"


def test_the_column_that_makes_times_unique_is_the_group(tmp_path):
    parts = [readings(tmp_path / f"{name}.csv", 300) for name in "ab"]
    frames = [pl.read_csv(path).with_columns(plant=pl.lit(path.stem)) for path in parts]
    pl.concat(frames).write_parquet(tmp_path / "plants.parquet")

    proposal = propose(tmp_path / "plants.parquet", Wishes())

    assert proposal.config.sources.group == "plant"


def test_a_target_of_few_words_is_classified(tmp_path):
    states = np.where(np.arange(1000) % 100 < 50, "on", "off").tolist()

    proposal = propose(readings(tmp_path / "a.csv", state=states), Wishes(target="state"))

    assert (proposal.config.heads.kind, proposal.config.sources.target) == ("classify", "state")


def test_a_numeric_target_is_forecast_from_all_channels(tmp_path):
    proposal = propose(readings(tmp_path / "a.csv"), Wishes(target="heat", horizon=6))

    assert proposal.config.heads.targets == ("heat",)
    assert proposal.config.heads.horizon == 6
    assert proposal.config.sources.channels == ("heat", "wind")


def test_row_numbers_and_constants_are_no_channels(tmp_path):
    path = readings(tmp_path / "a.csv", id=list(range(1000)), version=[3] * 1000)

    assert propose(path, Wishes()).config.sources.channels == ("heat", "wind")


def test_holes_are_filled_with_the_past_and_counted(tmp_path):
    path = readings(tmp_path / "a.csv")
    text = path.read_text().splitlines()
    text[10] = text[10].split(",")[0] + ",,1"
    path.write_text("\n".join(text))

    proposal = propose(path, Wishes())

    assert proposal.config.preprocessing.missing == "previous"
    assert any("1 cell without a value" in choice.reason for choice in proposal.choices)


REFUSED = {
    "a misspelt target": (
        Wishes(target="heet"),
        "--target heet: the data have no such column; did you mean heat?",
    ),
    "a misspelt time": (Wishes(time="wen"), "did you mean when?"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_is(case, tmp_path):
    wishes, sentence = REFUSED[case]

    with pytest.raises(DataError) as error:
        propose(readings(tmp_path / "a.csv"), wishes)

    assert sentence in str(error.value)


def test_times_that_repeat_without_a_group_are_refused(tmp_path):
    pl.DataFrame({"when": ["2024-01-01"] * 50, "heat": np.arange(50.0)}).write_csv(tmp_path / "a.csv")

    with pytest.raises(DataError, match="only 1 different times"):
        propose(tmp_path / "a.csv", Wishes())


def test_a_path_of_no_known_kind_lists_the_known_ones(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"1")

    with pytest.raises(DataError, match=r"known are \.csv"):
        propose(tmp_path / "model.bin", Wishes())
    with pytest.raises(DataError, match="does not exist"):
        propose(tmp_path / "gone.csv", Wishes())


def table(path, rows=600, **columns):
    pl.DataFrame({name: values[:rows] for name, values in columns.items()}).write_csv(path)
    return path


def noise(rows, seed=0):
    return np.random.default_rng(seed).normal(20, 3, rows).round(2).tolist()


@pytest.mark.parametrize(
    "clock",
    [
        pytest.param([1_700_000_000 + 60 * row for row in range(300)], id="epoch seconds"),
        pytest.param([1700 + row for row in range(300)], id="years"),
    ],
)
def test_numeric_times_that_start_again_for_each_machine_are_times(clock, tmp_path):
    machines = ["fan"] * 300 + ["pump"] * 300
    path = table(tmp_path / "a.csv", machine=machines, timestamp=clock * 2, volt=noise(600))

    sources = propose(path, Wishes()).config.sources

    assert (sources.time, sources.group, sources.channels) == ("timestamp", "machine", ("volt",))


def test_machines_may_be_numbers_even_many_if_rows_stand_together(tmp_path):
    units = [unit for unit in range(1, 31) for _ in range(100)]
    path = table(tmp_path / "a.csv", 3000, unit=units, time=list(range(100)) * 30, volt=noise(3000))

    sources = propose(path, Wishes()).config.sources

    assert (sources.time, sources.group, sources.channels) == ("time", "unit", ("volt",))


def test_numbers_named_like_a_time_that_do_not_rise_are_asked_about(tmp_path):
    clock = np.random.default_rng(0).permutation(600).tolist()
    path = table(tmp_path / "a.csv", timestamp=clock, volt=noise(600))

    with pytest.raises(DataError, match=r"--time, and with --group"):
        propose(path, Wishes())


def test_a_calendar_column_beside_the_time_is_no_channel(tmp_path):
    months = [(START + timedelta(hours=hour)).month for hour in range(1000)]
    path = readings(tmp_path / "a.csv", month=months)

    assert propose(path, Wishes()).config.sources.channels == ("heat", "wind")


def people(path):
    rng = np.random.default_rng(0)
    ids = rng.permutation(3000)[:600].tolist()
    age, ill = rng.integers(30, 60, 600).tolist(), rng.integers(0, 2, 600).tolist()
    return table(path, id=ids, age=age, weight=noise(600), cardio=ill)


def test_rows_without_a_time_are_refused_until_the_user_says_that_they_are_in_order(tmp_path):
    path = people(tmp_path / "cardio.csv")

    with pytest.raises(DataError, match="--ordered"):
        propose(path, Wishes())

    proposal = propose(path, Wishes(ordered=True))
    assert proposal.config.sources.time is None
    assert "id" not in proposal.config.sources.channels
    assert proposal.config.heads.kind == "forecast"


def test_a_time_and_rows_in_order_contradict_each_other(tmp_path):
    with pytest.raises(DataError, match="contradict"):
        propose(readings(tmp_path / "a.csv"), Wishes(time="when", ordered=True))


def monthly(path, months=144):
    when = [f"{1949 + month // 12}-{month % 12 + 1:02}" for month in range(months)]
    return table(
        path, months, month=when, flights=[100 + month + 20 * (month % 12) for month in range(months)]
    )


def test_twelve_years_of_months_are_forecast_a_year_ahead_from_two(tmp_path):
    proposal = propose(monthly(tmp_path / "a.csv"), Wishes())

    assert (proposal.config.heads.horizon, proposal.config.preprocessing.window) == (12, 24)
    reasons = {choice.setting: choice.reason for choice in proposal.choices}
    assert reasons["heads.horizon"] == "one season is 12"
    assert "2 seasons of 12 steps; capped" in reasons["preprocessing.window"]


def test_few_rows_cap_the_horizon_and_the_reason_says_so(tmp_path):
    proposal = propose(monthly(tmp_path / "a.csv", 72), Wishes())

    reasons = {choice.setting: choice.reason for choice in proposal.choices}
    assert proposal.config.heads.horizon < 12
    assert reasons["heads.horizon"].startswith("one season is 12; capped")


def test_the_season_of_business_days_is_a_week_of_five(tmp_path):
    days = [START + timedelta(days=day) for day in range(900) if (START + timedelta(days=day)).weekday() < 5]
    path = table(tmp_path / "a.csv", 900, Date=[str(day.date()) for day in days], Close=noise(len(days)))

    assert propose(path, Wishes()).config.heads.horizon == 5


def test_few_windows_are_passed_over_often_and_many_are_not(tmp_path):
    few = propose(monthly(tmp_path / "few.csv"), Wishes())
    many = propose(readings(tmp_path / "many.csv", 20_000), Wishes())

    training = few.config.training
    windows = 144 - 22 - 29 - 24 - 12 + 1
    assert training.epochs * -(-windows // training.batch_size) >= 1500
    assert training.epochs <= 200
    assert "few, so more passes" in next(c.reason for c in few.choices if c.setting == "training.epochs")
    assert (many.config.training.epochs, many.config.training.batch_size) == (10, 64)


def test_the_windows_lost_at_gaps_are_counted(tmp_path):
    proposal = propose(readings(tmp_path / "a.csv", drop={*range(300, 340)}), Wishes(window=24, horizon=6))

    reason = next(c.reason for c in proposal.choices if c.setting == "preprocessing.gaps")
    # Without the gap a window could start at each of the 29 rows before the last of the first stretch.
    assert "29 of" in reason


@pytest.mark.parametrize("wishes", [Wishes(horizon=500), Wishes(window=5000), Wishes(window=5000, horizon=2)])
def test_a_size_that_does_not_fit_is_told_by_the_option_that_asked_for_it(wishes, tmp_path):
    option = "--window 5000" if wishes.window else "--horizon 500"

    with pytest.raises(ShapeError, match=f"{option}.* does not fit"):
        propose(readings(tmp_path / "a.csv"), wishes)


def test_classes_are_counted_and_those_that_are_missing_somewhere_warned_of(tmp_path):
    states = ["idle" if row % 200 < 100 else "busy" for row in range(1000)]
    states[20:110] = ["broken"] * 90

    proposal = propose(readings(tmp_path / "a.csv", state=states), Wishes(target="state"))

    counted = next(c.reason for c in proposal.choices if c.setting == "heads.class_weights")
    seen_whole = 110 - (proposal.config.preprocessing.window - 1)
    assert f"broken {seen_whole} + 0 + 0" in counted
    assert any("class broken does not occur in val and test" in warning for warning in proposal.warnings)


def test_a_misspelt_file_is_answered_with_the_nearest_that_could_be_meant(tmp_path):
    for name in (".secret.csv", "notes.docx", "heat.csv", "wind.csv", "a.csv", "b.csv", "c.csv", "d.csv"):
        (tmp_path / name).write_text("x")

    with pytest.raises(DataError) as error:
        propose(tmp_path / "sub" / ".." / "heats.csv", Wishes())

    sentence = str(error.value)
    names = sentence.partition(" holds ")[2].split(", ")
    assert names[0] == "heat.csv"
    assert len(names) == 5
    assert ".secret.csv" not in names
    assert ".." not in sentence.partition("; ")[2]


def test_few_windows_do_not_outweigh_the_epochs_that_the_user_says(tmp_path):
    settings = {"training": {"epochs": 2}}

    proposal = propose(readings(tmp_path / "a.csv", hours=300), Wishes(settings=settings))

    assert proposal.config.training.epochs == 2


def test_channels_and_columns_that_the_settings_name_are_the_ones_looked_at(tmp_path):
    data = readings(
        tmp_path / "a.csv", later=[str(START + timedelta(days=400 + hour)) for hour in range(1000)]
    )
    said = {"sources": {"channels": ["wind"], "time": "later"}}

    proposal = propose(data, Wishes(settings=said))

    assert proposal.table.channels == ("wind",)
    assert proposal.config.sources.time == "later"
    assert proposal.table.frame["time"][0] == START + timedelta(days=400)


def test_rows_that_the_gate_sets_aside_are_not_counted(tmp_path):
    readings(tmp_path / "clean.csv")
    lines = (tmp_path / "clean.csv").read_text().splitlines()
    (tmp_path / "doubled.csv").write_text("\n".join([*lines, *lines[301:401]]) + "\n")

    clean, doubled = (propose(tmp_path / name, Wishes()) for name in ("clean.csv", "doubled.csv"))

    told = {choice.setting: choice for choice in doubled.choices}
    assert told["preprocessing.split"] == next(c for c in clean.choices if c.setting == "preprocessing.split")
    assert "100 of 1,100 rows" in told["quality.max_quarantined"].reason
    assert doubled.table.frame.height == 1100
