"""Projects of those data for ``benchmarks/scale.py``, and what a process in them costs."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import Config
from pipeline.params import params_text

ROOT = Path(__file__).resolve().parents[1]

SUITE = """
version: 1
schema:
  on_fail: stop
  columns: {sample_id: Int64, group: String, time: Datetime, split: String, origin: String}
  more_columns: allow
profile:
  - {rule: unsorted_times, max: 0, on_fail: stop}
  - {rule: duplicate_times, max: 0, on_fail: stop}
  - {rule: null_share, columns: channels, max: 0.01, on_fail: stop}
rows:
  - {rule: finite, columns: channels, on_fail: quarantine}
  - {rule: between, columns: channels, min: -1000000, max: 1000000, on_fail: quarantine}
"""
IMAGE_SUITE = """
version: 1
profile:
  - {rule: classes, min: 2, on_fail: stop}
rows:
  - {rule: readable, on_fail: quarantine}
"""
SAMPLE_SUITE = """
version: 1
profile:
  - {rule: classes, min: 2, on_fail: stop}
"""
STAGES = ("ingest", "validate", "preprocess")


@dataclass(frozen=True)
class Cost:
    """What one process cost."""

    seconds: float
    cpu_seconds: float
    """Of all its threads: what does not depend on who else uses the machine."""

    megabytes: float
    """Peak of its resident memory."""


LAUNCH = """
import json, resource, subprocess, sys, time
begin = time.perf_counter()
code = subprocess.call(sys.argv[2:], stdout=sys.stderr)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    json.dump([code, time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024], file)
"""
"""A small process between: a child's peak counts from what its parent held when it was started."""


def measured(command: Sequence[str], folder: Path) -> Cost:
    """Run a process in ``folder`` and return what it cost; its output is shown if it fails.

    Raises:
        SystemExit: It failed.
    """
    log, told = folder / "process.log", folder / "process.json"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    launcher = [sys.executable, "-S", "-c", LAUNCH, str(told), *command]
    with log.open("wb") as output:
        subprocess.run(launcher, cwd=folder, stderr=output, env=environment, check=True)
    code, *cost = json.loads(told.read_text())
    if code:
        raise SystemExit(f"{' '.join(command)} ended with {code}:\n{log.read_text()[-3000:]}")
    return Cost(*cost)


def stage_costs(folder: Path) -> dict[str, Cost]:
    """Run the stages of the data path, each in its own process."""
    return {name: measured([sys.executable, "-m", "pipeline", name], folder) for name in STAGES}


def project(folder: Path, tree: dict[str, object], suite: str) -> Path:
    """Make a project of these settings in a new folder."""
    (folder / "data").mkdir(parents=True)
    settings = {"run": {"threads": 2}, **tree}
    (folder / "params.yaml").write_text(params_text(Config.model_validate(settings)), encoding="utf-8")
    (folder / "quality.yaml").write_text(suite, encoding="utf-8")
    return folder


def series_project(folder: Path, source: Path) -> Path:
    """Make a project that forecasts the readings of a CSV."""
    tree = {
        "sources": {"kind": "csv", "path": str(source), "time": "time", "group": "machine"},
        "preprocessing": {"kind": "windows", "window": 96, "split": {"kind": "time"}},
        "heads": {"kind": "forecast", "horizon": 24},
        "extraction": {"kind": "conv1d"},
    }
    return project(folder, tree, SUITE)


def samples_project(folder: Path, source: Path) -> Path:
    """Make a project that tells the classes of the rows of a CSV apart."""
    tree = {
        "sources": {
            "kind": "csv",
            "path": str(source),
            "rows": "samples",
            "target": "label",
            "categories": ["colour"],
        },
        "preprocessing": {"kind": "table"},
        "extraction": {"kind": "conv1d"},
    }
    return project(folder, tree, SAMPLE_SUITE)


def text_project(folder: Path, source: Path) -> Path:
    """Make a project that tells the classes of the texts of a CSV apart."""
    tree = {
        "sources": {"kind": "csv", "path": str(source), "rows": "samples", "target": "label", "text": "text"},
        "preprocessing": {"kind": "text"},
        "extraction": {"kind": "conv1d"},
    }
    return project(folder, tree, SAMPLE_SUITE)


PROJECTS = {"windows": series_project, "table": samples_project, "text": text_project}
"""What makes a project of a CSV of each kind."""


def image_project(folder: Path, source: Path) -> Path:
    """Make a project that tells the classes of a folder of images apart."""
    tree = {
        "sources": {"kind": "folder", "path": str(source)},
        "preprocessing": {
            "kind": "images", "height": 16, "width": 16, "split": {"kind": "stratified", "duplicates": "ignore"},
        },
    }  # fmt: skip
    return project(folder, tree, IMAGE_SUITE)
