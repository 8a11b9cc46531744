"""A schedule over a growing file, for some minutes: Prefect, DVC and the registry tell the same story of it."""

import json
import os
import re
import shutil
import subprocess
import time
from collections import Counter
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import numpy as np
import polars as pl
import pytest
import yaml
from playwright.sync_api import sync_playwright

from tests.browser import CHROMIUM, opened_browser
from tests.flows.schedules.serving import begin, end
from tests.whole.conftest import BIN, Whole

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

PATIENCE = 300.0
HEIGHT = 620
"""Pixels of a page that a picture has: what a person sees first."""
PICTURES = os.environ.get("STORY_PICTURES")
"""Folder that keeps the pictures of the UI; docs/images has those of such a run."""


def inspections(count: int, seed: int) -> pl.DataFrame:
    """Return inspections of a plant: it fails where heat and load are both high, or both low."""
    heat, load, humidity = np.random.default_rng(seed).uniform(-1, 1, (3, count))
    fails = np.sin(2.2 * heat + 0.5) * np.sin(2.2 * load) > 0
    return pl.DataFrame(
        {
            "heat": (60 + 30 * heat).round(2),
            "load": (500 + 200 * load).round(1),
            "humidity": (50 + 20 * humidity).round(1),
            "fails": np.where(fails, "yes", "no"),
        }
    )


class Plant(Whole):
    """The project, the file that grows beside it, and what may be read of both from outside."""

    def __init__(self, home: Path) -> None:
        super().__init__(home / "plant")
        self.live = home / "live.csv"
        self.rows = pl.DataFrame()

    def grow(self, rows: pl.DataFrame) -> None:
        """Let the file have these rows too, all at once."""
        self.rows = pl.concat([self.rows, rows])
        self.write(self.rows)

    def write(self, rows: pl.DataFrame) -> None:
        new = self.live.with_suffix(".new")
        rows.write_csv(new)
        new.replace(self.live)

    def champion(self) -> str | None:
        path = self.folder / ".convoy" / "registry" / "registry.json"
        return json.loads(path.read_text())["champion"] if path.is_file() else None

    def runs(self) -> list[dict]:
        """Return the records of the runs that have ended, the oldest first."""
        paths = sorted((self.folder / ".convoy" / "runs").glob("*/run.json"))
        records = [json.loads(path.read_text()) for path in paths]
        return [record for record in records if record["state"] != "running"]

    def snapshots(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "data" / "raw" / "live").glob("*.dvc"))


@pytest.fixture
def plant(tmp_path):
    plant = Plant(tmp_path)
    plant.grow(inspections(300, seed=1))
    settings = [
        "training.epochs=10", "training.batch_size=32", "training.learning_rate=0.005",
        "baselines.kinds=[majority, logistic, gradient_boosting]", f"flow.new_data={plant.live}",
    ]  # fmt: skip
    words = [word for setting in settings for word in ("-S", setting)]
    command = [BIN / "convoy", "init", plant.folder, "--data", plant.live, "--target", "fails", *words]
    subprocess.run(command, env=plant.environment, check=True, capture_output=True)
    return plant


@contextmanager
def scheduled(plant: Plant):
    """Serve the project every five seconds; give the address of its server."""
    with begin(plant, "--every", "5s", "--name", "nightly") as serve:
        try:
            wait_until(lambda: "Ctrl-C" in serve.said(), "the schedule stands", serve)
            yield re.search(r"http://\S+", serve.said())[0], serve
        finally:
            end(serve)


def wait_until(condition, what, serve):
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert serve.poll() is None, serve.said()
        assert time.monotonic() < give_up, f"never: {what}\n{serve.said()}"
        time.sleep(0.3)


def test_three_sources_tell_the_same_story_of_a_schedule(plant, tmp_path):
    with scheduled(plant) as (address, serve):
        waits = partial(wait_until, serve=serve)
        waits(lambda: plant.champion() == "v1.0.0", "the first model is the champion")
        first = plant.snapshots()
        waits(lambda: idle(plant, "v1.0.0"), "a run finds nothing new")

        lock, weights = (plant.folder / "dvc.lock").read_bytes(), plant.manifests()
        broken = inspections(60, seed=3).with_columns(fails=pl.lit("perhaps"))
        plant.write(pl.concat([plant.rows, broken]))
        waits(lambda: failures(plant), "a run fails at the gate")
        plant.write(plant.rows)
        waits(lambda: idle(plant, "v1.0.0"), "the file is as before, and nothing is new")
        assert (plant.folder / "dvc.lock").read_bytes() == lock
        assert plant.manifests() == weights
        assert (plant.champion(), plant.snapshots()) == ("v1.0.0", first)

        plant.grow(inspections(3000, seed=2))
        waits(lambda: plant.champion() == "v1.1.0", "more rows make a better model")
        waits(lambda: idle(plant, "v1.1.0"), "a run finds nothing new again")
        plant.call("convoy", "rollback")
        count = len(plant.runs())
        waits(lambda: len(plant.runs()) > count + 1, "a whole run after the rollback")
        told = story_of_prefect(address)
        pictures = look_at(address, told, tmp_path)
    journal = serve.said()
    assert re.search(r"^\d{4}-\S+ \S+ retrain \S+: Failed: validate: ", journal, re.MULTILINE)
    assert re.search(r"retrain \S+: Completed: .*; v1\.1\.0 is the champion", journal)

    inspections(40, seed=4).drop("fails").write_csv(tmp_path / "new.csv")
    printed = plant.call("convoy", "predict", str(tmp_path / "new.csv"), "--out", "predicted.parquet")

    assert "40 samples scored" in printed
    assert "v1.0.0" in printed
    assert_prefect_tells(told, plant)
    assert_dvc_tells(plant, tmp_path)
    assert_registry_tells(plant)
    chain = plant.call("convoy", "lineage", "predicted.parquet")
    assert "✗" not in chain
    assert f"data/raw/live/{first[0].removesuffix('.dvc')}/live.csv" in chain
    if PICTURES:
        for picture in pictures:
            shutil.copy(picture, PICTURES)


def idle(plant: Plant, champion: str) -> bool:
    """Return whether the latest run ended without anything to do, under this champion."""
    runs = plant.runs()
    return plant.champion() == champion and bool(runs) and runs[-1]["message"].startswith("everything was")


def failures(plant: Plant) -> list[str]:
    return [record["message"] for record in plant.runs() if record["state"] == "failed"]


def story_of_prefect(address: str) -> list[dict]:
    """Return the runs that have ended, the oldest first, as Prefect's API tells them."""
    wanted = {"sort": "START_TIME_ASC", "flow_runs": {"state": {"type": {"any_": ["COMPLETED", "FAILED"]}}}}
    return httpx.post(f"{address}/api/flow_runs/filter", json=wanted).raise_for_status().json()


def look_at(address: str, told: list[dict], folder: Path) -> list[Path]:
    """Open what a person would open in the UI, read it, and return pictures of it; none without a browser."""
    if not CHROMIUM.is_file():
        return []
    kinds = {kind_of(run["state"]): run for run in told}
    refused, promoted = kinds["refused"], kinds["v1.1.0"]
    pages = {
        "runs": ("/runs", [refused["name"], "nightly"]),
        "refused": (f"/runs/flow-run/{refused['id']}", ["Failed", refused["name"], "perhaps"]),
        "promoted": (f"/runs/flow-run/{promoted['id']}", ["Completed", "champion:v1.1.0", "8 Task runs"]),
        "artifacts": ("/artifacts", ["plant-verdict", "plant-drift", "plant-validation"]),
    }
    with sync_playwright() as playwright, opened_browser(playwright) as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 950})
        for name, (path, words) in pages.items():
            page.goto(address + path)
            for word in words:
                page.get_by_text(word).first.wait_for(timeout=30_000)
            page.wait_for_timeout(1_500)  # its pictures are drawn after its words
            page.screenshot(
                path=folder / f"{name}.png", clip={"x": 0, "y": 0, "width": 1400, "height": HEIGHT}
            )
    return [folder / f"{name}.png" for name in pages]


def assert_prefect_tells(told: list[dict], plant: Plant) -> None:
    kinds = [kind_of(run["state"]) for run in told]
    order = [kind for kind, before in zip(kinds, [None, *kinds], strict=False) if kind != before]
    assert order == ["v1.0.0", "nothing", "refused", "nothing", "v1.1.0", "nothing"]
    tags = Counter(tag for run in told for tag in run["tags"] if tag.startswith("champion:"))
    assert set(tags) == {"champion:v1.0.0", "champion:v1.1.0"}
    assert "champion:v1.0.0" in told[-1]["tags"], "the rollback is seen in the run after it"
    own = {record["flow_run_id"]: record for record in plant.runs()}
    for run in told:
        assert own[run["id"]]["message"].split("\n")[0] in run["state"]["message"]


def kind_of(state: dict) -> str:
    """Return what a run came to, from its last word in Prefect."""
    message = state["message"]
    if state["type"] == "FAILED":
        assert "perhaps" in message or "one_of" in message or "target" in message, message
        return "refused"
    if message.startswith("everything was up to date"):
        return "nothing"
    return re.search(r"; (v\d\.\d\.\d) is the champion", message)[1]


def assert_dvc_tells(plant: Plant, scratch: Path) -> None:
    old, new = plant.snapshots()
    lock = yaml.safe_load((plant.folder / "dvc.lock").read_text())
    read = [dep["path"] for dep in lock["stages"]["ingest"]["deps"]]
    assert f"data/raw/live/{new.removesuffix('.dvc')}/live.csv" in read
    assert f"data/raw/live/{old.removesuffix('.dvc')}/live.csv" not in read
    assert "up to date" in plant.call("dvc", "status")
    for stage, rows in (("champion", 60), ("v1.1.0", 660)):
        flag = "--stage" if stage == "champion" else "--rev"
        plant.call("dvc", "artifacts", "get", ".", "model", flag, stage, "-o", str(scratch / stage))
        assert pl.read_parquet(scratch / stage / "predictions.parquet").height == rows


def assert_registry_tells(plant: Plant) -> None:
    registry = json.loads((plant.folder / ".convoy" / "registry" / "registry.json").read_text())
    assert [(move["how"], move["version"]) for move in registry["moves"]] == [
        ("promoted", "v1.0.0"),
        ("promoted", "v1.1.0"),
        ("rolled back", "v1.0.0"),
    ]
    assert "▸ v1.0.0" in plant.call("convoy", "models")
    stages = json.loads(plant.call("gto", "show", "--json"))["model"]["stage"]
    assert stages["champion"] == "v1.0.0"
