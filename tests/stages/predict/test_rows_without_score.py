"""Rows that cannot be scored come back with the reason, in their place; only a file of no use is refused."""

import json
import shutil

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import ConfigError, DataError, IntegrityError

pytestmark = pytest.mark.real


def lines_of(path, tmp_path, change):
    """Write a copy of a text table whose lines ``change`` returns anew."""
    place = tmp_path / "new.csv"
    place.write_text("\n".join(change(path.read_text().splitlines())) + "\n")
    return place


def predictions(frame):
    return frame.select("prediction", pl.col("^probability_.*$"))


def test_bad_rows_stand_between_the_others_with_a_reason_each(projects, tmp_path):
    project = projects("table")
    header, first, second, third, *_ = project.source.read_text().splitlines()
    names = header.split(",")

    def cell(line, name, value):
        cells = line.split(",")
        cells[names.index(name)] = value
        return ",".join(cells)

    rows = [
        first, cell(second, "age", "old"), cell(second, "ap_hi", "900"), f"{second},1,2", cell(third, "age", "9"),
        cell(third, "weight", ""), cell(third, "height", "inf"), third,
    ]  # fmt: skip
    new = lines_of(project.source, tmp_path, lambda _: [header, *rows])

    found = project.table(new, tmp_path / "out.parquet")

    assert found["origin"].to_list() == [f"new.csv:{line}" for line in range(2, 10)]
    reasons = found["reason"].to_list()
    assert [reason is None for reason in reasons] == [True, False, False, False, False, True, False, True]
    assert "age: 'old' is no number" in reasons[1]
    assert "ap_hi" in reasons[2]
    assert "cells" in reasons[3]
    assert "age" in reasons[4]
    assert "height is infinite" in reasons[6]
    assert (found["prediction"].is_null() == found["reason"].is_not_null()).all()


def test_a_row_is_predicted_alike_whoever_stands_beside_it(projects, tmp_path):
    for name in ("table", "text"):
        project = projects(name)
        shutil.rmtree(tmp_path / "model", ignore_errors=True)
        rows = pl.read_csv(project.source)
        rows[::-1].write_csv(tmp_path / "turned.csv")
        rows[:1].write_csv(tmp_path / "alone.csv")

        whole = predictions(project.table(project.source, tmp_path / "whole.parquet"))
        turned = predictions(project.table(tmp_path / "turned.csv", tmp_path / "turned.parquet"))
        alone = predictions(project.table(tmp_path / "alone.csv", tmp_path / "alone.parquet"))

        shares = pl.col("^probability_.*$")
        np.testing.assert_allclose(turned[::-1].select(shares), whole.select(shares), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(alone.select(shares), whole[:1].select(shares), rtol=1e-4, atol=1e-6)


def test_no_target_column_is_needed_and_a_target_changes_nothing(projects, tmp_path):
    project = projects("table")
    rows = pl.read_csv(project.source)
    rows.drop("cardio").write_csv(tmp_path / "bare.csv")
    rows.with_columns(cardio=pl.lit("who knows")).write_csv(tmp_path / "wrong.csv")

    whole = project.table(project.source, tmp_path / "whole.parquet")
    bare = project.table(tmp_path / "bare.csv", tmp_path / "bare.parquet")
    wrong = project.table(tmp_path / "wrong.csv", tmp_path / "wrong.parquet")

    assert predictions(bare).equals(predictions(whole))
    assert predictions(wrong).equals(predictions(whole))
    assert bare["target"].null_count() == bare.height
    scored = whole.filter(pl.col("reason").is_null())
    assert scored["target"].to_list() == [str(rows["cardio"][row]) for row in scored["sample_id"]]


def test_the_same_rows_as_parquet_or_json_lines_get_the_same_predictions(projects, tmp_path):
    project = projects("table")
    rows = pl.read_csv(project.source)
    rows.write_parquet(tmp_path / "rows.parquet")
    rows.write_ndjson(tmp_path / "rows.jsonl")

    whole = predictions(project.table(project.source, tmp_path / "whole.parquet"))

    for name in ("rows.parquet", "rows.jsonl"):
        assert predictions(project.table(tmp_path / name, tmp_path / "again.parquet")).equals(whole)


def test_a_category_that_training_never_had_is_none_of_the_known_and_is_counted(projects, tmp_path):
    project = projects("table")
    rows = pl.read_csv(project.source).head(4).with_columns(gluc=pl.lit("unheard of"))
    rows.write_csv(tmp_path / "new.csv")

    report = project.predict(tmp_path / "new.csv", tmp_path / "out.parquet")

    assert report.scored == 4
    assert any(note.startswith("4 cells of gluc") for note in report.notes)


def test_a_column_that_is_missing_is_filled_as_empty_cells_are_or_named(projects, tmp_path):
    masked, strict = projects("table"), projects("numbers")
    pl.read_csv(masked.source).drop("weight").write_csv(tmp_path / "light.csv")
    report = masked.predict(tmp_path / "light.csv", tmp_path / "out.parquet")
    assert report.scored == 899  # one row has a blood pressure that the suite sets aside
    assert any("'weight'" in note for note in report.notes)

    shutil.rmtree(tmp_path / "model")
    pl.read_parquet(strict.source).drop("ap_hi").write_parquet(tmp_path / "less.parquet")
    with pytest.raises(DataError, match=r"no column 'ap_hi'.*missing=refuse"):
        strict.predict(tmp_path / "less.parquet", tmp_path / "out.parquet")


def test_an_empty_cell_that_settings_refuse_sets_its_row_aside(projects, tmp_path):
    project = projects("numbers")
    rows = pl.read_parquet(project.source).head(5)
    rows.with_columns(height=pl.Series([160, None, 170, 180, 150])).write_parquet(tmp_path / "new.parquet")

    found = project.table(tmp_path / "new.parquet", tmp_path / "out.parquet")

    assert found["reason"].to_list() == [
        None,
        "height is empty, and preprocessing.missing=refuse",
        None,
        None,
        None,
    ]


def test_files_that_are_no_use_at_all_are_refused_in_one_sentence(projects, tmp_path):
    project = projects("table")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text("age,gender\n")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    (tmp_path / "text.csv").write_text(project.source.read_text().splitlines()[0] + "\n" + "x" * 12 + "\n")

    for name in ("empty.csv", "header.csv", "other.csv", "text.csv", "not-there.csv"):
        with pytest.raises(DataError) as caught:
            project.predict(tmp_path / name, tmp_path / "out.parquet")
        assert "\n" not in str(caught.value).strip()

    assert not (tmp_path / "out.parquet").exists()
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith((".convoy", ".out"))]


def test_an_image_that_is_broken_has_a_reason_and_one_of_another_size_a_prediction(projects, tmp_path):
    from PIL import Image

    project = projects("images")
    folder = tmp_path / "new"
    folder.mkdir()
    some = sorted(path for path in project.source.rglob("*") if path.is_file())[0]
    shutil.copyfile(some, folder / f"a{some.suffix}")
    (folder / "b.png").write_bytes(b"no image")
    (folder / "c.jpg").write_bytes(some.read_bytes()[:300])
    Image.new("RGB", (3, 700), "red").save(folder / "d.png")

    found = project.table(folder, tmp_path / "out.parquet")

    assert [reason is None for reason in found["reason"]] == [True, False, False, True]
    assert found["origin"].to_list()[1:] == ["b.png", "c.jpg", "d.png"]
    assert found["target"].null_count() == 4


def test_a_clip_with_a_broken_frame_has_a_reason_and_the_others_keep_their_predictions(
    projects, tmp_path, copied
):
    project = projects("clips")
    new = copied(project.source)
    before = project.table(new, tmp_path / "before.parquet")
    (new / "dark" / "clip2" / "0.png").write_bytes(b"broken")

    after = project.table(new, tmp_path / "after.parquet")

    assert after.height == before.height == 24
    broken = after.filter(pl.col("reason").is_not_null())
    assert broken.height == 1
    assert "clip2/0.png" in broken["reason"][0]
    others = pl.col("sample_id") != broken["sample_id"][0]
    shares = pl.col("^probability_.*$")
    np.testing.assert_allclose(
        after.filter(others).select(shares), before.filter(others).select(shares), rtol=1e-4, atol=1e-6
    )


def test_a_volume_that_is_broken_is_named_by_what_is_wrong_with_it(projects, tmp_path):
    project = projects("volumes")
    folder = tmp_path / "new"
    folder.mkdir()
    shutil.copyfile(next(project.source.rglob("*.npy")), folder / "a.npy")
    (folder / "b.npy").write_bytes(b"no volume")
    np.save(folder / "c.npy", np.zeros((8, 8, 3), np.float32))

    found = project.table(folder, tmp_path / "out.parquet")

    assert found["origin"].str.contains(r"^[abc]\.npy").all()
    reasons = found["reason"].to_list()
    assert reasons[0] is None
    assert "cannot be decoded" in reasons[1]
    assert "has 1 step, and" in reasons[2]


def test_a_series_is_forecast_beyond_its_last_row_and_a_short_group_has_a_reason(projects, tmp_path):
    project = projects("forecast")
    rows = pl.read_csv(project.source)

    found = project.table(project.source, tmp_path / "out.parquet")
    early = project.table(project.source, tmp_path / "all.parquet", every=True)
    rows.tail(10).write_csv(tmp_path / "short.csv")
    short = project.table(tmp_path / "short.csv", tmp_path / "short.parquet")

    assert found.height == 2 * 4  # channels × horizon
    assert found["time"].unique().to_list() == [
        pl.Series([rows["date"][-1]]).str.to_datetime(time_unit="us")[0]
    ]
    assert found["target"].null_count() == found.height
    last = early.filter(pl.col("sample_id") == found["sample_id"][0])
    np.testing.assert_allclose(last["prediction"], found["prediction"], rtol=1e-5)
    assert found.select(pl.col("^quantile_.*$")).width == 3
    assert short.height == 1
    assert "the model reads 24" in short["reason"][0]


def test_a_forecast_looks_at_nothing_after_its_window(projects, tmp_path):
    project = projects("forecast")
    rows = pl.read_csv(project.source)
    rows.head(300).write_csv(tmp_path / "past.csv")

    past = project.table(tmp_path / "past.csv", tmp_path / "past.parquet")
    whole = project.table(project.source, tmp_path / "whole.parquet", every=True)

    same = whole.filter(pl.col("sample_id") == past["sample_id"][0])
    np.testing.assert_allclose(past["prediction"], same["prediction"], rtol=1e-4, atol=1e-5)


def test_every_group_of_a_series_has_a_row_at_its_last_step(projects, tmp_path):
    project = projects("windows")
    rows = pl.read_csv(project.source)
    short = rows.filter(pl.col("walk") == 3).head(5).with_columns(walk=pl.lit(99, pl.Int64))
    pl.concat([rows, short]).write_csv(tmp_path / "new.csv")

    found = project.table(tmp_path / "new.csv", tmp_path / "out.parquet")

    assert found["group"].n_unique() == found.height == rows["walk"].n_unique() + 1
    bare = found.filter(pl.col("reason").is_not_null())
    assert bare["group"].to_list() == ["99"]


def test_a_group_of_another_length_is_scored_and_one_with_nothing_known_is_not(projects, tmp_path):
    project = projects("whole")
    lines = project.source.read_text().splitlines()
    begin = next(place for place, line in enumerate(lines) if line.lower().startswith("@data"))
    case = lines[begin + 1]
    *channels, answer = case.split(":")
    short = ":".join([*(",".join(channel.split(",")[:4]) for channel in channels), answer])
    nothing = ":".join([*(",".join("?" for _ in channel.split(",")) for channel in channels), answer])
    (tmp_path / "new.ts").write_text("\n".join([*lines[: begin + 1], case, short, nothing]) + "\n")

    found = project.table(tmp_path / "new.ts", tmp_path / "out.parquet")

    assert found.height >= 3
    scored = found.filter(pl.col("prediction").is_not_null())
    assert scored["group"].to_list() == ["new:1", "new:2"]
    assert found.filter(pl.col("group") == "new:3")["reason"].null_count() == 0


def test_the_file_says_which_model_and_which_data(projects, tmp_path):
    project = projects("table")

    report = project.predict(project.source, tmp_path / "out.parquet")
    project.predict(project.source, tmp_path / "out.csv")

    inside = json.loads(pl.read_parquet_metadata(tmp_path / "out.parquet")["convoy"])
    beside = json.loads((tmp_path / "out.csv.lineage.json").read_text())
    model = json.loads((tmp_path / "model" / "lineage.json").read_text())
    assert inside == beside
    assert inside["model"] == model
    assert inside["scored"] == report.scored
    assert set(model["data"]) == {"data/ingest", "data/validate", "data/preprocess"}
    assert inside["input"]["name"] == project.source.name
    table = pl.read_csv(tmp_path / "out.csv")
    assert table.columns == pl.read_parquet(tmp_path / "out.parquet").columns


def test_equal_models_and_rows_give_equal_bytes(projects, tmp_path):
    project = projects("table")

    for name in ("one.parquet", "two.parquet"):
        project.predict(project.source, tmp_path / name)

    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_a_model_that_was_changed_or_is_none_is_refused(projects, tmp_path):
    project = projects("table")
    project.predict(project.source, tmp_path / "out.parquet")
    with (tmp_path / "model" / "preprocess" / "fitted.json").open("a") as file:
        file.write(" ")

    with pytest.raises(IntegrityError, match=r"fitted\.json"):
        project.predict(project.source, tmp_path / "out.parquet")
    (tmp_path / "model" / "manifest.json").unlink()
    with pytest.raises(IntegrityError, match="holds no model"):
        project.predict(project.source, tmp_path / "out.parquet")


def test_predictions_go_to_parquet_or_csv_only(projects, tmp_path):
    project = projects("table")

    with pytest.raises(ConfigError, match=r"written as \.parquet or \.csv"):
        project.predict(project.source, tmp_path / "out.xlsx")
