"""What the data path costs as data grow: a CSV through ingest, validate and preprocess; a folder of small images.

Run with ``python benchmarks/scale.py --gb 1``; ``--kind table`` makes each row of the CSV a sample of numbers and
words, ``--kind text`` a sample of text, where the default cuts windows out of series. Every line is a process of its
own, at a quarter of the size and at the whole size: its seconds should grow fourfold, its memory not at all for
windows, and by some bytes for each row for samples. Beside it stand the disk's own speed at reading the file, and
plain ``pandas.read_csv``, which holds everything.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.config import Config
from pipeline.params import params_text

ROOT = Path(__file__).resolve().parents[1]
CHANNELS = 8
MACHINES = 50
ROWS_AT_A_TIME = 200_000
MEGABYTE = 1_000_000
FIRST_MINUTE = 1_577_836_800
"""The first of January 2020, in seconds since 1970."""

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


def write_csv(path: Path, megabytes: float, kind: str) -> int:
    """Write a CSV of about that size piece by piece; return its rows."""
    rng = np.random.default_rng(0)
    make = PIECES[kind]
    trial = make(rng, 0, 10_000, per_machine=10_000).write_csv(include_header=False)
    rows = int(megabytes * MEGABYTE / (len(trial.encode()) / 10_000))
    per_machine = -(-rows // MACHINES)
    with path.open("wb") as file:
        for first in range(0, rows, ROWS_AT_A_TIME):
            count = min(ROWS_AT_A_TIME, rows - first)
            frame = make(rng, first, count, per_machine=per_machine)
            file.write(frame.write_csv(include_header=first == 0).encode())
        file.flush()
        os.fsync(file.fileno())
    return rows


def _readings(rng: np.random.Generator, first: int, count: int, *, per_machine: int) -> pl.DataFrame:
    """Return readings of machines a minute apart."""
    row = np.arange(first, first + count)
    minute = FIRST_MINUTE + 60 * (row % per_machine)
    daily = 20 * np.sin(2 * np.pi * (row % 1440) / 1440)
    values = daily[:, None] * np.arange(1, CHANNELS + 1) + rng.normal(size=(count, CHANNELS))
    return pl.DataFrame(
        {
            "machine": pl.Series(row // per_machine).cast(pl.String).str.zfill(3),
            "time": pl.Series(minute * 1_000_000).cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d %H:%M"),
            **_sensors(values),
        }
    )


def _sensors(values: np.ndarray) -> dict[str, np.ndarray]:
    return {f"sensor{number}": values[:, number].round(4) for number in range(CHANNELS)}


def _samples(rng: np.random.Generator, first: int, count: int, *, per_machine: int) -> pl.DataFrame:
    """Return rows of numbers and a word, each with a class."""
    label = rng.integers(0, 3, count)
    values = label[:, None] + rng.normal(size=(count, CHANNELS))
    return pl.DataFrame(
        {
            **_sensors(values),
            "colour": pl.Series(["red", "green", "blue", "grey"]).gather(rng.integers(0, 4, count)),
            "label": pl.Series(["good", "worn", "broken"]).gather(label),
        }
    )


def _texts(rng: np.random.Generator, first: int, count: int, *, per_machine: int) -> pl.DataFrame:
    """Return texts of 20 to 60 words, a few of them frequent as in a language, each with a class."""
    lengths = rng.integers(20, 61, count)
    words = pl.Series("text", np.minimum(rng.zipf(1.3, lengths.sum()), 50_000)).cast(pl.String)
    frame = pl.DataFrame(
        [("w" + words).alias("text"), pl.Series("row", np.repeat(np.arange(count), lengths))]
    )
    texts = frame.group_by("row", maintain_order=True).agg(pl.col("text").str.join(" "))["text"]
    return pl.DataFrame([texts, pl.Series("label", ["good", "bad"]).gather(rng.integers(0, 2, count))])


PIECES = {"windows": _readings, "table": _samples, "text": _texts}
"""What makes some rows of the CSV of each kind."""


def write_images(folder: Path, count: int) -> None:
    """Write that many pictures of 16 x 16 pixels, in a folder for each of two classes."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("bright", "dark"):
        (folder / name).mkdir(parents=True)
    for number in range(count):
        pixels = rng.integers(0, 128, (16, 16), dtype=np.uint8) + np.uint8(128 * (number % 2))
        place = folder / ("dark", "bright")[number % 2] / f"{number:07}.png"
        Image.fromarray(pixels).save(place)


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


def stage_costs(folder: Path) -> dict[str, Cost]:
    """Run the stages of the data path, each in its own process."""
    return {name: measured([sys.executable, "-m", "pipeline", name], folder) for name in STAGES}


def drop_from_memory(path: Path) -> None:
    """Tell the system to forget the bytes of a file, so that the next reader has to fetch them from the disk."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


READ = "import sys\nwith open(sys.argv[1], 'rb', buffering=0) as file:\n    while file.read(8_000_000):\n        pass"
PANDAS = "import sys, pandas\npandas.read_csv(sys.argv[1])"


def csv_costs(folder: Path, megabytes: float, most_pandas: float, kind: str) -> tuple[int, dict[str, Cost]]:
    """Return the rows of a new CSV, and what each way through it costs."""
    path = folder / "readings.csv"
    rows = write_csv(path, megabytes, kind)
    costs = {}
    drop_from_memory(path)
    costs["the disk"] = measured([sys.executable, "-c", READ, str(path)], folder)
    if megabytes <= most_pandas * 1000:
        drop_from_memory(path)
        costs["pandas.read_csv"] = measured([sys.executable, "-c", PANDAS, str(path)], folder)
    drop_from_memory(path)
    costs |= stage_costs(PROJECTS[kind](folder / "project", path))
    return rows, costs


def print_csv(megabytes: float, rows: int, kind: str, costs: dict[str, Cost]) -> None:
    """Print a table of one CSV."""
    print(f"\nCSV of {megabytes:,.0f} MB, {rows:,} rows for preprocessing.kind={kind}")
    for name, cost in costs.items():
        print(
            f"  {name:16} {cost.seconds:9.1f} s  {megabytes / cost.seconds:8.1f} MB/s  "
            f"{cost.cpu_seconds:9.1f} s of processors  peak {cost.megabytes:8,.0f} MB"
        )
    seconds, cpu = (sum(getattr(costs[name], key) for name in STAGES) for key in ("seconds", "cpu_seconds"))
    peak = max(costs[name].megabytes for name in STAGES)
    print(
        f"  {'all three stages':16} {seconds:9.1f} s  {megabytes / seconds:8.1f} MB/s  "
        f"{cpu:9.1f} s of processors  peak {peak:8,.0f} MB"
    )


def print_growth(name: str, small: dict[str, Cost], large: dict[str, Cost]) -> None:
    """Print how much more four times as much costs."""
    grown = [
        f"{stage} {large[stage].seconds / small[stage].seconds:.2f} x the time, "
        f"{large[stage].cpu_seconds / small[stage].cpu_seconds:.2f} x the processors, "
        f"{large[stage].megabytes / small[stage].megabytes:.2f} x the memory"
        for stage in STAGES
    ]
    print(f"\nFour times the {name}: {'; '.join(grown)}")


def print_bytes(rows: int, small: dict[str, Cost], large: dict[str, Cost]) -> None:
    """Print how much memory each further row takes."""
    each = [
        f"{stage} {(large[stage].megabytes - small[stage].megabytes) * 2**20 / rows:.0f}" for stage in STAGES
    ]
    print(f"Bytes of memory for each further row: {', '.join(each)}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=tuple(PIECES), default="windows", help="what becomes of a row")
    parser.add_argument("--gb", type=float, default=1.0, help="size of the larger CSV")
    parser.add_argument(
        "--pandas-gb", type=float, default=2.0, help="no CSV larger than this is read with pandas"
    )
    parser.add_argument("--images", type=int, default=20_000, help="files of the larger folder; 0: none")
    parser.add_argument("--folder", type=Path, help="where there is room for some three times the CSV")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        found = []
        for share in (0.25, 1.0):
            folder = Path(name) / f"csv{share}"
            folder.mkdir()
            rows, costs = csv_costs(folder, 1000 * options.gb * share, options.pandas_gb, options.kind)
            print_csv(1000 * options.gb * share, rows, options.kind, costs)
            found.append(costs)
            shutil.rmtree(folder)
            if share < 1:
                smaller = rows
        print_growth("rows", *found)
        print_bytes(rows - smaller, *found)
        if options.images:
            print_growth("images", *(_image_table(Path(name), count) for count in _counts(options.images)))


def _counts(images: int) -> tuple[int, int]:
    return images // 4, images


def _image_table(folder: Path, count: int) -> dict[str, Cost]:
    source = folder / f"images{count}"
    write_images(source, count)
    costs = stage_costs(image_project(folder / f"project{count}", source))
    print(f"\nFolder of {count:,} images of 16 x 16 pixels")
    for name, cost in costs.items():
        each = 1e6 * cost.seconds / count
        print(f"  {name:16} {cost.seconds:9.1f} s  {each:8.0f} µs per file  peak {cost.megabytes:8,.0f} MB")
    return costs


if __name__ == "__main__":
    main()
