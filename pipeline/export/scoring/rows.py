"""Raw rows: read from CSV, JSON or JSON Lines; their cells as numbers, words and times."""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = Mapping[str, Any]
Doubles = NDArray[np.float64]

NULLS = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", "-")
UNITS = ((1e17, 1e-3), (1e14, 1.0), (1e11, 1e3), (0.0, 1e6))
"""Numbers since 1970: from which size on, how many microseconds one is; the smallest ones count seconds."""


def read_rows(path: Path, schema: Mapping[str, Any]) -> list[Row]:
    """Return the rows of a ``.csv``, ``.json`` (a list of objects) or ``.jsonl`` file.

    Raises:
        ValueError: It is neither, or has none of the columns.
    """
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".json":
        rows = json.loads(text)
    elif path.suffix in (".jsonl", ".ndjson"):
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    elif path.suffix in (".csv", ".tsv", ".txt"):
        separator = schema["reading"]["separator"] or _separator(text)
        rows = list(csv.DictReader(text.splitlines(keepends=True), delimiter=separator))
    else:
        raise ValueError(f"{path} is no .csv, .json or .jsonl file")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{path} has to be a list of objects, one per row")
    return rows


def require_columns(rows: Sequence[Row], schema: Mapping[str, Any]) -> None:
    """Check that the rows have the columns that cannot be done without.

    Raises:
        ValueError: One is missing from every row.
    """
    there = {name for row in rows for name in row}
    for column in schema["columns"]:
        if column["required"] and column["name"] not in there:
            raise ValueError(
                f"the rows have no column {column['name']!r}, which the model was trained on; they have: "
                f"{', '.join(sorted(map(str, there))[:20]) or 'none'}"
            )


def number(row: Row, name: str, reading: Mapping[str, Any]) -> float:
    """Return a cell as a number; NaN where it is empty.

    Raises:
        ValueError: It is no number.
    """
    cell = row.get(name)
    if cell is None:
        return math.nan
    if isinstance(cell, (int, float)):
        return float(cell)
    text = str(cell).strip()
    if text in reading["nulls"]:
        return math.nan
    try:
        if "_" in text:
            raise ValueError
        return float(text.replace(",", ".") if reading["decimal"] == "," else text)
    except ValueError:
        raise ValueError(f"{name}: {text!r} is no number") from None


def word(row: Row, name: str) -> str | None:
    """Return a cell as a word; None where it is empty."""
    cell = row.get(name)
    return None if cell is None or cell == "" else str(cell)


def moment(row: Row, name: str, reading: Mapping[str, Any]) -> int | None:
    """Return a cell as microseconds since 1970, in UTC; None where it is empty.

    Raises:
        ValueError: It is no time.
    """
    cell = row.get(name)
    if cell is None or (isinstance(cell, str) and cell.strip() in reading["nulls"]):
        return None
    try:
        if reading["time_format"]:
            return _microseconds(datetime.strptime(str(cell).strip(), reading["time_format"]))
        if isinstance(cell, (int, float)) or _is_number(cell):
            return _since_1970(float(cell))
        return _microseconds(datetime.fromisoformat(str(cell).strip()))
    except ValueError:
        raise ValueError(f"{name}: {str(cell)!r} is no time; give ISO 8601 (2026-01-31T12:00:00)") from None


def _microseconds(time: datetime) -> int:
    known = time if time.tzinfo else time.replace(tzinfo=UTC)
    since = known - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _since_1970(value: float) -> int:
    return round(value * next(unit for size, unit in UNITS if abs(value) >= size))


def _is_number(text: str) -> bool:
    stripped = text.strip().removeprefix("-")
    return stripped.replace(".", "", 1).isdigit() and len(stripped) not in (4, 6, 8)


def _separator(text: str) -> str:
    header = text.partition("\n")[0]
    return max(",;\t|", key=header.count)
