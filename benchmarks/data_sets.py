"""``make data-sets``: every data set that is here goes from raw files to a judged model; writes docs/data.md.

Each goes through ``convoy init DIR --data-set NAME`` and ``convoy run`` as a user would type them, trained briefly:
the page shows that the way is passable and what the audit finds on it, not how good a model can be. Data sets are
looked for in ``$CONVOY_DATA_MIRROR``, else in ``../shared/datasets``; what is not there is left out, and said so.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.params import read_config
from pipeline.preprocessing.meta import SPLITS
from pipeline.sources.catalogue.entry import entries

ROOT = Path(__file__).parents[1]
MIRROR = Path(os.environ.get("CONVOY_DATA_MIRROR", ROOT.parent / "shared" / "datasets")).resolve()
BRIEF = ("training.epochs=2", "extraction.epochs=1", "evaluation.resamples=200")
CONVOY = str(Path(sys.executable).parent / "convoy")


@dataclass(frozen=True)
class Row:
    """One line of the page."""

    name: str
    kind: str
    rows: int
    split: str
    parts: str
    head: str
    verdict: str
    found: list[str] = field(default_factory=list)
    init_seconds: float = 0.0
    run_seconds: float = 0.0


def main() -> None:
    """Run the data sets that were asked for; write the page when those were all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="data sets; default: all, which also writes the page")
    options = parser.parse_args()
    rows, left = [], []
    for entry in entries():
        if options.names and entry.name not in options.names:
            continue
        if not entry.settings:  # word vectors and the like: nothing to train on by themselves
            continue
        if not (MIRROR / entry.name).exists():
            left.append(entry.name)
            continue
        row = _row(entry.name)
        print(
            f"{row.name}: {row.rows:,} rows, {row.verdict} ({row.init_seconds:.0f} + {row.run_seconds:.0f} s)",
            flush=True,
        )
        rows.append(row)
    if not options.names:
        (ROOT / "docs" / "data.md").write_text(_page(rows, left), encoding="utf-8")


def _row(name: str) -> Row:
    with TemporaryDirectory(prefix="convoy-") as place:  # not below this repository, whose git would own it
        return _ran(name, Path(place) / name)


def _ran(name: str, folder: Path) -> Row:
    init = _seconds([CONVOY, "init", str(folder), "--data-set", name], ROOT)
    settings = [part for setting in BRIEF for part in ("-S", setting)]
    run = _seconds([CONVOY, "run", *settings], folder)
    ingest, prepared, judged = (_report(folder, stage) for stage in ("ingest", "preprocess", "evaluate"))
    audit = json.loads((folder / "data" / "preprocess" / "audit.json").read_text(encoding="utf-8"))
    found = [
        f"{finding['severity']}: {finding['check']} ({finding['count']:,} of {finding['of']:,})"
        for finding in audit["findings"]
        if finding["severity"] in ("leak", "warning")
    ]
    return Row(
        name=name,
        kind=f"{ingest['kind']} ({read_config(folder / 'params.yaml').sources.kind})",
        rows=ingest["rows"],
        split=prepared["split"],
        parts=" / ".join(f"{prepared['counts'][split]:,}" for split in SPLITS),
        head=read_config(folder / "params.yaml").heads.kind,
        verdict=judged["summary"],
        found=found,
        init_seconds=init,
        run_seconds=run,
    )


def _seconds(command: Sequence[str], folder: Path) -> float:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    began = time.monotonic()
    done = subprocess.run(
        command,
        cwd=folder,
        env={**own, "CONVOY_DATA_MIRROR": str(MIRROR)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(
            f"{' '.join(command)} in {folder} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
    return time.monotonic() - began


def _report(folder: Path, stage: str) -> dict[str, object]:
    report: dict[str, object] = json.loads(
        (folder / "data" / stage / "report.json").read_text(encoding="utf-8")
    )
    return report


def _page(rows: Sequence[Row], left: Sequence[str]) -> str:
    lines = [
        "# Data sets",
        "",
        "Written by `make data-sets`. Each went from raw files to a judged model through "
        "`convoy init DIR --data-set NAME && "
        f"convoy run {' '.join('-S ' + setting for setting in BRIEF)}`: "
        "two passes over the data, to show that the way is passable and what the leakage audit finds on it, "
        "not how good a model can be. Times on 2 CPU cores, the start of "
        "every process and of Prefect's server included.",
        "",
        "| name | kind (source) | rows | split | train / val / test | head | init s | run s |",
        "|---|---|---:|---|---|---|---:|---:|",
    ]
    lines += [
        f"| {row.name} | {row.kind} | {row.rows:,} | {row.split} | {row.parts} | {row.head} | "
        f"{row.init_seconds:.0f} | {row.run_seconds:.0f} |"
        for row in rows
    ]
    lines += ["", "## What the audit found, and what the brief run came to", ""]
    for row in rows:
        found = "; ".join(row.found) or "no leak, no warning"
        lines += [f"- **{row.name}**: {found}. *{row.verdict}*"]
    if left:
        lines += ["", f"In the catalogue, and not on the machine that wrote this page: {', '.join(left)}."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
