"""``python predict.py INPUT --out FILE``."""

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from .answers import Told
from .model import Model

FIRST = ("row", "file")


def main(arguments: Sequence[str] | None = None) -> int:
    """Score a file and return the exit code: 0, 2 where the input cannot be read, 3 where nothing has an answer."""
    parser = argparse.ArgumentParser(prog="predict.py", description="Score raw rows with an exported model.")
    parser.add_argument("input", type=Path, help=".csv, .json or .jsonl; an image, a recording, or a folder")
    parser.add_argument("--out", type=Path, required=True, help="where the answers go: .csv or .jsonl")
    parser.add_argument("--every-step", action="store_true", help="series: an answer at every step")
    asked = parser.parse_args(arguments)
    try:
        if not asked.input.exists():
            raise ValueError(f"{asked.input} does not exist")
        found = Model().predict_file(asked.input, every_step=asked.every_step)
        if not found:
            raise ValueError(f"{asked.input} holds nothing to score")
        _write(found, asked.out)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    scored = len({line["row"] for line in found if line["reason"] is None})
    bare = len({line["row"] for line in found if line["reason"] is not None})
    sys.stdout.write(f"{scored:,} scored, {bare:,} not scored\n")
    return 0 if scored else 3


def _write(found: Sequence[Told], path: Path) -> None:
    """Write the answers, complete or not at all."""
    if path.suffix not in (".csv", ".jsonl"):
        raise ValueError(f"{path} has to end in .csv or .jsonl")
    scratch = path.with_name(f".{path.name}.part")
    with scratch.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in found)
        else:
            own = [name for line in found for name in line if name not in (*FIRST, "reason")]
            first = [name for name in FIRST if any(name in line for line in found)]
            writer = csv.DictWriter(file, [*first, *dict.fromkeys(own), "reason"], restval="")
            writer.writeheader()
            writer.writerows(found)
    scratch.replace(path)
