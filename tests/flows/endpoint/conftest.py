"""Two small projects with a model each, and real servers over them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import polars as pl
import pytest

from pipeline.config import Config
from pipeline.params import params_text
from pipeline.stages.bundle import make_bundle
from pipeline.stages.run import run

BRIEF = {
    "training": {"epochs": 1, "batch_size": 32, "learning_rate": 0.01, "accelerator": "cpu"},
    "temporal": {"kind": "lstm", "hidden": 4},
    "run": {"threads": 1},
}
SUITE = "version: 1\nrows:\n  - {rule: between, columns: [warmth], min: -50, max: 60, on_fail: stop}\n"


@dataclass
class Serving:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    url: str

    def post(self, **sent: object) -> httpx.Response:
        return httpx.post(f"{self.url}/predict", timeout=120, **sent)

    def get(self, path: str, **more: object) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=120, **more)

    def end(self) -> int:
        """Ask it to end; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)
        return self.process.returncode


def start(project: Path, *options: str, environment: dict[str, str] | None = None) -> Serving:
    """Start `convoy serve-model` at a free port, and wait until it says where it answers."""
    call = [sys.executable, "-c", "from flows.cli.main import main; main()", "serve-model"]
    call += ["--project", str(project), "--port", "0", *options]
    mine = {name: value for name, value in os.environ.items() if name != "CONVOY_TOKEN"}
    process = subprocess.Popen(
        call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=mine | (environment or {})
    )
    line = process.stdout.readline()
    if "http://" not in line:
        raise AssertionError(process.communicate(timeout=60))
    url = line.partition("http://")[2].partition("/predict")[0]
    return Serving(process, f"http://{url}")


@pytest.fixture
def serve() -> Iterator[Callable[..., Serving]]:
    """Return a function that starts a server, which ends with the test."""
    started: list[Serving] = []

    def begin(project: Path, *options: str, environment: dict[str, str] | None = None) -> Serving:
        started.append(start(project, *options, environment=environment))
        return started[-1]

    yield begin
    for each in started:
        each.end()


def trained(folder: Path, sections: dict, suite: str) -> Path:
    config = Config.model_validate({**BRIEF, **sections})
    (folder / "params.yaml").write_text(params_text(config), encoding="utf-8")
    (folder / "quality.yaml").write_text(suite, encoding="utf-8")
    for stage in ("ingest", "validate", "preprocess", "extract", "analyze"):
        run(stage, config, folder)
    return folder


def weather(folder: Path, *, seed: int = 0) -> Path:
    """Days with warmth, wind and a sky of words; whether it rained follows from them."""
    random = np.random.default_rng(seed)
    warmth, wind = random.normal(15, 8, 400), random.gamma(2, 5, 400)
    sky = random.choice(["clear", "grey", "dark"], 400)
    rain = np.where((sky == "dark") | (wind > 15), "wet", "dry")
    source = folder / "days.csv"
    pl.DataFrame({"warmth": warmth, "wind": wind, "sky": sky, "rain": rain}).write_csv(source)
    sources = {"kind": "csv", "path": str(source), "rows": "samples", "target": "rain"}
    sources |= {"channels": ["warmth", "wind"], "categories": ["sky"]}
    return trained(folder, {
        "sources": sources,
        "preprocessing": {"kind": "table", "split": {"kind": "random"}},
        "extraction": {"kind": "conv1d", "features": [8], "epochs": 1},
    }, SUITE)  # fmt: skip


@pytest.fixture(scope="package")
def days(tmp_path_factory) -> Path:
    """A project of rows with words and numbers."""
    return weather(tmp_path_factory.mktemp("days"))


@pytest.fixture(scope="package")
def digits(tmp_path_factory) -> Path:
    """A project of small images."""
    return trained(
        tmp_path_factory.mktemp("digits"),
        {"extraction": {"kind": "conv2d", "features": [4], "epochs": 1}},
        "version: 1\nrows:\n  - {rule: readable}\n",
    )


@pytest.fixture(scope="package")
def other_model(tmp_path_factory) -> Path:
    """The folder of a model that was trained on other days."""
    project = weather(tmp_path_factory.mktemp("other"), seed=7)
    make_bundle(project, project / "model")
    return project / "model"


@pytest.fixture(scope="package")
def open_server(days) -> Iterator[Serving]:
    """A server that asks nobody for a token."""
    serving = start(days, "--max-body", "0.1")
    yield serving
    serving.end()
