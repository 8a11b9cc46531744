"""How large and fast an exported model is beside ``convoy predict``, and how fast ``convoy serve-model`` answers.

``python benchmarks/serving.py PROJECT ROWS [--times 10]``: ROWS is a CSV, which is repeated to have enough rows.
"""

import argparse
import csv
import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

import httpx

CONVOY = [sys.executable, "-c", "from flows.cli.main import main; main()"]
ALONE, TOGETHER, CALLERS = 100, 200, 8


def seconds(call: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(call, check=True, capture_output=True)
    return time.perf_counter() - begun


def repeated(rows: Path, times: int, out: Path) -> int:
    header, *lines = rows.read_text(encoding="utf-8").splitlines()
    out.write_text("\n".join([header, *lines * times]) + "\n", encoding="utf-8")
    return len(lines) * times


def commands(project: Path, rows: Path, times: int, place: Path) -> None:
    bundle, many = place / "bundle", place / "many.csv"
    count = repeated(rows, times, many)
    exported = seconds([*CONVOY, "export", "--project", str(project), "--out", str(bundle)])
    size = sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file())
    told = json.loads((bundle / "parity.json").read_text())
    print(
        f"export {exported:.1f} s, {size / 1e6:.2f} MB, greatest difference {told['greatest_difference']:.1e}"
    )
    here = [str(many), "--out"]
    for name, call in {
        "convoy predict": [*CONVOY, "predict", *here, str(place / "a.csv"), "--project", str(project)],
        "predict.py": [sys.executable, str(bundle / "predict.py"), *here, str(place / "b.csv")],
    }.items():
        took = seconds(call)
        print(f"{name}: {count:,} rows in {took:.1f} s, start included: {count / took:,.0f} rows/s")


def requests(project: Path, rows: Path, each: int) -> None:
    lines = rows.read_text(encoding="utf-8").splitlines()[: each + 1]
    separator = max(",;\t", key=lines[0].count)
    sent: dict[str, Any] = {"rows": list(csv.DictReader(lines, delimiter=separator))}
    call = [*CONVOY, "serve-model", "--project", str(project), "--port", "0"]
    server = subprocess.Popen(call, stdout=subprocess.PIPE, text=True)
    try:
        line = server.stdout.readline() if server.stdout else ""
        url = "http://" + line.partition("http://")[2].partition("/predict")[0] + "/predict"
        with httpx.Client(timeout=60) as client:

            def ask(_: int) -> float:
                begun = time.perf_counter()
                client.post(url, json=sent).raise_for_status()
                return time.perf_counter() - begun

            took = quantiles([ask(number) for number in range(ALONE)], n=100)
            begun = time.perf_counter()
            with ThreadPoolExecutor(CALLERS) as pool:
                together = quantiles(list(pool.map(ask, range(TOGETHER))), n=100)
            rate = TOGETHER / (time.perf_counter() - begun)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    print(f"one caller, {each} rows: p50 {took[49] * 1e3:.0f} ms, p99 {took[98] * 1e3:.0f} ms")
    print(
        f"{CALLERS} callers: {rate:.1f} requests/s, p50 {together[49] * 1e3:.0f} ms, p99 {together[98] * 1e3:.0f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--each", type=int, default=1, help="rows of a request")
    asked = parser.parse_args()
    with TemporaryDirectory() as place:
        commands(asked.project, asked.rows, asked.times, Path(place))
    requests(asked.project, asked.rows, asked.each)


if __name__ == "__main__":
    main()
