"""What the data path costs as data grow: a CSV through ingest, validate and preprocess; a folder of small images.

Run with ``python benchmarks/scale.py --gb 1``; ``--kind table`` makes each row of the CSV a sample of numbers and
words, ``--kind text`` a sample of text, where the default cuts windows out of series. Every line is a process of its
own, at a quarter of the size and at the whole size: its processor-seconds should grow fourfold (seconds say little on
a machine that others use), its memory hardly at all. Beside it stand the disk's own speed at reading the file, and
plain ``pandas.read_csv``, which holds everything. Memory is the peak of what is resident, as the system counts it.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from scale_data import PIECES, write_csv, write_images
from scale_projects import PROJECTS, STAGES, Cost, image_project, measured, stage_costs


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
    parser.add_argument("--gb", type=float, default=1.0, help="size of the larger CSV; 0: none")
    parser.add_argument(
        "--pandas-gb", type=float, default=2.0, help="no CSV larger than this is read with pandas"
    )
    parser.add_argument("--images", type=int, default=20_000, help="files of the larger folder; 0: none")
    parser.add_argument("--folder", type=Path, help="where there is room for some four times the CSV")
    options = parser.parse_args()
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        if options.gb:
            _csv_tables(Path(name), options)
        if options.images:
            counts = (options.images // 4, options.images)
            print_growth("images", *(_image_table(Path(name), count) for count in counts))


def _csv_tables(folder: Path, options: argparse.Namespace) -> None:
    rows, found = [], []
    for share in (0.25, 1.0):
        own = folder / f"csv{share}"
        own.mkdir()
        megabytes = 1000 * options.gb * share
        count, costs = csv_costs(own, megabytes, options.pandas_gb, options.kind)
        print_csv(megabytes, count, options.kind, costs)
        rows.append(count)
        found.append(costs)
        shutil.rmtree(own)
    print_growth("rows", *found)
    print_bytes(rows[1] - rows[0], *found)


def _image_table(folder: Path, count: int) -> dict[str, Cost]:
    source = folder / f"images{count}"
    write_images(source, count)
    costs = stage_costs(image_project(folder / f"project{count}", source))
    print(f"\nFolder of {count:,} images of 16 x 16 pixels")
    for name, cost in costs.items():
        each, cpu = 1e6 * cost.seconds / count, 1e6 * cost.cpu_seconds / count
        print(
            f"  {name:16} {cost.seconds:9.1f} s  {each:8.0f} µs per file  {cpu:8.0f} µs of processors per file  "
            f"peak {cost.megabytes:8,.0f} MB"
        )
    shutil.rmtree(source)
    return costs


if __name__ == "__main__":
    main()
