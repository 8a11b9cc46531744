"""The first stages as files: what ingest writes, validate-like tables feed preprocess."""

import json
import shutil

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pipeline.config import Config
from pipeline.foundation.errors import DataError
from pipeline.foundation.folder import stage_folder
from pipeline.stages.run import run

SERIES = {
    "sources": {"kind": "csv", "path": "t.csv", "time": "when"},
    "preprocessing": {"kind": "windows", "window": 8},
    "heads": {"kind": "forecast", "horizon": 4},
    "extraction": {"kind": "conv1d"},
}


def passed(project):
    """Let every row of ingest's table through, as validate does when nothing is wrong."""
    with stage_folder(project / "data" / "validate") as out:
        shutil.copyfile(project / "data" / "ingest" / "table.parquet", out / "table.parquet")


def hourly(path, rows=200):
    times = pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2024, 12, 31), "1h", eager=True)[:rows]
    pl.DataFrame({"when": times.dt.to_string(), "heat": np.sin(np.arange(rows) / 4)}).write_csv(path)


@pytest.fixture(params=["digits", "series"])
def project(request, tmp_path):
    hourly(tmp_path / "t.csv")
    config = Config() if request.param == "digits" else Config.model_validate(SERIES)
    return tmp_path, config


def test_two_runs_from_scratch_give_identical_bytes(project):
    folder, config = project
    manifests = []
    for _ in range(2):
        shutil.rmtree(folder / "data", ignore_errors=True)
        run("ingest", config, folder)
        passed(folder)
        run("preprocess", config, folder)
        manifests.append(
            [(folder / "data" / name / "manifest.json").read_text() for name in ("ingest", "preprocess")]
        )

    assert manifests[0] == manifests[1]


def test_the_report_counts_what_the_files_hold(project):
    folder, config = project
    run("ingest", config, folder)
    passed(folder)
    report = run("preprocess", config, folder)

    samples = pl.read_parquet(folder / "data" / "preprocess" / "samples.parquet")
    counts = dict(samples.group_by("split").len().iter_rows())
    assert counts == report.counts
    assert report.summary.count(", 10 classes; audit") == (config.sources.kind == "digits")
    for split, count in counts.items():
        assert len(np.load(folder / "data" / "preprocess" / f"starts_{split}.npy")) == count
    assert (
        json.loads((folder / "data" / "preprocess" / "report.json").read_text())["summary"] == report.summary
    )


def test_a_failed_stage_keeps_the_folder_it_had(tmp_path):
    hourly(tmp_path / "t.csv")
    config = Config.model_validate(SERIES)
    run("ingest", config, tmp_path)
    before = (tmp_path / "data" / "ingest" / "manifest.json").read_text()
    (tmp_path / "t.csv").write_text("")

    with pytest.raises(DataError, match="is empty"):
        run("ingest", config, tmp_path)

    assert (tmp_path / "data" / "ingest" / "manifest.json").read_text() == before


def test_infinities_that_nobody_set_aside_are_never_in_a_window(tmp_path):
    hourly(tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text().splitlines()
    lines[51] = lines[51].split(",")[0] + ",inf"
    (tmp_path / "t.csv").write_text("\n".join(lines))
    config = Config.model_validate(SERIES)
    run("ingest", config, tmp_path)
    passed(tmp_path)
    run("preprocess", config, tmp_path)

    stream = np.load(tmp_path / "data" / "preprocess" / "stream.npy")
    for split in ("train", "val", "test"):
        for start in np.load(tmp_path / "data" / "preprocess" / f"starts_{split}.npy"):
            assert np.isfinite(stream[start : start + 12]).all()


TWO = {**SERIES, "sources": {**SERIES["sources"], "group": "house"}}


@pytest.mark.parametrize(
    ("sources", "split", "unit"),
    [
        ("two", {"kind": "folds", "fold": 1, "folds": 4, "folds_of": "time", "val": 0.1}, "time"),
        ("three", {"kind": "folds", "fold": 1, "folds": 3, "val": 0.4}, "groups"),
        ("one", {"kind": "folds", "fold": 1, "folds": 4, "val": 0.1}, "time"),
        ("two", {"kind": "walk", "fold": 1, "folds": 2, "val": 0.1}, None),
    ],
)
def test_the_report_says_what_folds_are_made_of_and_a_middle_block_of_time_is_no_warning(
    sources, split, unit, tmp_path
):
    hourly(tmp_path / "t.csv")
    rows = pl.read_csv(tmp_path / "t.csv")
    names = ["a", "b", "c"][: {"one": 1, "two": 2, "three": 3}[sources]]
    houses = [
        rows.with_columns(house=pl.lit(name), heat=pl.col("heat") + at) for at, name in enumerate(names)
    ]
    pl.concat(houses).write_csv(tmp_path / "t.csv")
    tree = SERIES if sources == "one" else TWO
    config = Config.model_validate({**tree, "preprocessing": {**tree["preprocessing"], "split": split}})

    run("ingest", config, tmp_path)
    passed(tmp_path)
    report = run("preprocess", config, tmp_path)

    assert (report.fold, report.folds, report.folds_of) == (split["fold"], split["folds"], unit)
    findings = json.loads((tmp_path / "data" / "preprocess" / "audit.json").read_text())["findings"]
    order = next(found for found in findings if found["check"] == "times of train and test")
    assert order["severity"] == ("none" if unit is None else "note")


def test_the_files_of_the_test_samples_are_kept_for_the_report(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(40):
        path = tmp_path / "photos" / "ab"[number % 2] / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (8, 8), np.uint8)).save(path)
    config = Config.model_validate(
        {
            "sources": {"kind": "folder", "path": "photos"},
            "preprocessing": {"kind": "images", "frames": "whole"},
        }
    )

    run("ingest", config, tmp_path)
    passed(tmp_path)
    report = run("preprocess", config, tmp_path)

    folder = tmp_path / "data" / "preprocess"
    kept = pl.read_parquet(folder / "origins_test.parquet")
    own = pl.read_parquet(tmp_path / "data" / "ingest" / "table.parquet", columns=["sample_id", "origin"])
    assert kept.height == report.counts["test"]
    assert kept["sample_id"].to_list() == sorted(np.load(folder / "ids_test.npy").tolist())
    assert kept.equals(kept.select("sample_id").join(own, on="sample_id", how="left", maintain_order="left"))
    assert kept["origin"].str.contains(r"[ab]/\d\d\.png$").all()
