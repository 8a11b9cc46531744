"""A user's own files go from `convoy init` to a report without a setting touched."""

import shutil
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from PIL import Image

from tests.whole.conftest import Whole

pytestmark = pytest.mark.e2e

QUICK = ["-S", "training.epochs=2", "-S", "extraction.epochs=1", "-S", "evaluation.resamples=100"]


def sensor(path):
    """Write hourly readings of two machines with a daily rhythm, holes, gaps and rows out of order."""
    rng = np.random.default_rng(3)
    rows = []
    for machine in ("pump", "fan"):
        for hour in range(900):
            if 300 <= hour < 340 or hour % 211 == 0:
                continue
            heat = 40 + 9 * np.sin(hour / 24 * 2 * np.pi) + rng.normal(0, 1)
            cell = "" if hour % 97 == 0 else f"{heat:.2f}"
            when = datetime(2024, 3, 1) + timedelta(hours=hour)
            rows.append(f"{when:%d.%m.%Y %H:%M};{machine};{cell};{rng.gamma(2, 3):.3f};ok")
    rng.shuffle(rows)
    path.write_text("Zeit;Maschine;Temp °C;Strom (A);Status\n" + "\n".join(rows) + "\n")
    return path


def test_hourly_readings_with_gaps(tmp_path):
    here = Whole(tmp_path)
    said = here.call("convoy", "init", "plant", "--data", str(sensor(tmp_path / "readings.csv")))

    assert "sources.time: Zeit" in said
    assert "sources.group: Maschine" in said
    plant = Whole(tmp_path / "plant")
    printed = plant.call("convoy", "run", *QUICK)
    assert "seasonal_mean" in printed
    assert (plant.folder / "data" / "evaluate" / "report.html").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"readings.csv", "plant"}
    assert "Data and pipelines are up to date" in plant.call("dvc", "repro")
    before = plant.manifests()
    shutil.rmtree(plant.folder / "data")
    assert "git checkout data" in plant.call("convoy", "run", code=3)
    plant.call("git", "checkout", "--quiet", "data")
    plant.call("convoy", "run")
    assert plant.manifests() == before


def test_a_folder_of_class_folders_with_a_broken_image(tmp_path):
    rng = np.random.default_rng(0)
    for name, level in (("bright & sunny", 170), ("dark", 60)):
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        for index in range(40):
            pixels = np.clip(rng.normal(level, 40, (30, 44, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{index:02}.jpg")
    whole_file = (tmp_path / "photos" / "dark" / "00.jpg").read_bytes()
    (tmp_path / "photos" / "dark" / "00.jpg").write_bytes(whole_file[: len(whole_file) // 2])

    Whole(tmp_path).call("convoy", "init", "sky", "--data", "photos")
    sky = Whole(tmp_path / "sky")
    printed = sky.call("convoy", "run", *QUICK)

    quarantine = pl.read_parquet(sky.folder / "data" / "validate" / "quarantine.parquet")
    assert quarantine["origin"].to_list() == ["dark/00.jpg"]
    assert "logistic" in printed


BAD = {
    "a file that is not there": (None, 3, "does not exist"),
    "an empty file": ("", 3, "is empty"),
    "a table without numbers": ("when,who\n2024-01-01,a\n2024-01-02,b\n", 3, "numbers"),
    "a handful of rows": ("when,heat\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n", 3, "rows"),
}


@pytest.mark.parametrize("option", ["--horizon", "--window"])
@pytest.mark.parametrize("value", ["0", "-3"])
def test_init_wants_sizes_of_one_step_at_least(option, value, tmp_path):
    (tmp_path / "t.csv").write_text("when,heat\n2024-01-01,1\n")

    said = Whole(tmp_path).call("convoy", "init", "project", "--data", "t.csv", option, value, code=2)

    assert option in said
    assert "Traceback" not in said


def test_rows_in_order_without_a_time_become_a_project_when_the_user_says_so(tmp_path):
    readings = np.random.default_rng(0).normal(size=600).round(3)
    (tmp_path / "a${b}.csv").write_text("volt\n" + "\n".join(map(str, readings)) + "\n")
    here = Whole(tmp_path)

    refused = here.call("convoy", "init", "p", "--data", "a${b}.csv", code=3)
    said = here.call("convoy", "init", "p", "--data", "a${b}.csv", "--ordered")

    assert "--ordered" in refused
    assert "is named a_b_.csv" in said
    assert "which writes it there" in said


@pytest.mark.parametrize("case", BAD)
def test_init_refuses(case, tmp_path):
    text, code, sentence = BAD[case]
    if text is not None:
        (tmp_path / "t.csv").write_text(text)

    said = Whole(tmp_path).call("convoy", "init", "project", "--data", "t.csv", code=code)

    assert sentence in said
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) <= 5
    assert not (tmp_path / "project").exists()
