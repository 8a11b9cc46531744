"""A look at a user's data proposes settings a person would choose, and says why."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pipeline.foundation.errors import DataError
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
    table = pl.DataFrame({"Date": [str(day.date()) for day in days], "Close": np.arange(len(days)) % 97 + 0.5})
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
    assert any("1 cells have no value" in choice.reason for choice in proposal.choices)


REFUSED = {
    "a misspelt target": (Wishes(target="heet"), "--target heet: the data have no such column; did you mean heat?"),
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


def pictures(root, counts, *, size=(40, 30), colour=False):
    rng = np.random.default_rng(0)
    for name, count in counts.items():
        (root / name).mkdir(parents=True)
        for index in range(count):
            grey = rng.integers(0, 256, size, dtype=np.uint8)
            bands = rng.integers(0, 256, (*size, 3), dtype=np.uint8) if colour else np.stack([grey] * 3, -1)
            Image.fromarray(bands).save(root / name / f"{index}.png")
    return root


def test_a_folder_of_class_folders_is_classified_at_its_own_size(tmp_path):
    proposal = propose(pictures(tmp_path / "p", {"cat": 20, "dog": 20}), Wishes())

    config = proposal.config.preprocessing
    assert (config.kind, config.height, config.width, config.split.kind) == ("images", 40, 32, "stratified")
    assert proposal.config.heads.class_weights == "none"


def test_three_equal_bands_are_grey_and_three_different_ones_are_colour(tmp_path):
    grey = propose(pictures(tmp_path / "grey", {"a": 5, "b": 5}), Wishes())
    colour = propose(pictures(tmp_path / "colour", {"a": 5, "b": 5}, colour=True), Wishes())

    assert (grey.config.preprocessing.colour, colour.config.preprocessing.colour) == ("grey", "rgb")


def test_rare_classes_weigh_more_and_are_warned_of(tmp_path):
    proposal = propose(pictures(tmp_path / "p", {"cat": 40, "dog": 10}), Wishes())

    assert proposal.config.heads.class_weights == "balanced"
    assert any("dog has only 10 images" in warning for warning in proposal.warnings)


def test_folders_named_train_and_test_give_the_split(tmp_path):
    for part in ("train", "test"):
        pictures(tmp_path / "p" / part, {"cat": 6, "dog": 6})

    assert propose(tmp_path / "p", Wishes()).config.preprocessing.split.kind == "given"


def test_one_class_is_not_enough(tmp_path):
    with pytest.raises(DataError, match="all 4 images belong to the class 'cat'"):
        propose(pictures(tmp_path / "p", {"cat": 4, "empty": 0}), Wishes())
