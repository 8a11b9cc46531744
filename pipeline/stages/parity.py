"""Whether an exported bundle answers as the model does: rows predicted by both, the bundle without this package."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict

from pipeline.foundation.errors import IntegrityError
from pipeline.stages.bundle import Bundle
from pipeline.stages.check_rows import rows_to_check, write_raw
from pipeline.stages.predicting import Predicting
from pipeline.stages.result import Result
from pipeline.stages.scoring import Scorer

TOLERANCE = 1e-4
"""Of probabilities; of numbers in scaled units, where 1 is the deviation of training."""

WITHOUT = (
    "pipeline",
    "flows",
    "torch",
    "polars",
    "pandas",
    "pyarrow",
    "sklearn",
    "scipy",
    "pydantic",
    "onnx",
)
KEYS = ("row", "step", "label", "channel")

CHILD = """
import sys
refused = sys.argv.pop().split(",")
class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in refused:
            raise ImportError(f"a bundle has to do without {name}")
sys.meta_path.insert(0, Refused())
sys.path.insert(0, sys.argv[1])
from predict import main
sys.exit(main(sys.argv[2:]))
"""


class Parity(BaseModel):
    """What a comparison of both came to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary: str
    rows: str
    """Which rows were predicted."""

    samples: int
    greatest_difference: float
    """Of probabilities, or of numbers in scaled units."""

    tolerance: float


def check_parity(bundle: Bundle, scorer: Scorer, folder: Path, *, project: Path) -> Parity:
    """Predict rows by both, and compare.

    Args:
        bundle: The model.
        scorer: The same, loaded.
        folder: The exported bundle.
        project: Whose data are predicted.

    Raises:
        IntegrityError: They do not agree.
        DataError: There are no rows.
    """
    with TemporaryDirectory(prefix="convoy-parity-") as place:
        scratch = Path(place)
        found = rows_to_check(bundle, project, scratch)
        raw = write_raw(found.table.path, bundle, scratch)
        result = Result(scorer, found.table.unread, in_place=False)
        frames = Predicting(bundle, scorer, found.table, result, scratch, every=True).frames()
        wanted = pl.concat(list(frames)).rename({"sample_id": "row"})
        given = _answers(folder, raw, scratch / "answers.jsonl", wanted.schema)
    return _compared(wanted, given, scorer, rows=found.told)


def _answers(folder: Path, raw: Path, out: Path, schema: pl.Schema) -> pl.DataFrame:
    """Let the bundle answer in a process that cannot import this package, nor what it is made of."""
    needed = (folder / "requirements.txt").read_text(encoding="utf-8")
    series = ["--every-step"] if raw.suffix == ".jsonl" else []
    call = [
        sys.executable,
        "-I",
        "-B",
        "-c",
        CHILD,
        str(folder.resolve()),
        str(raw),
        "--out",
        str(out),
        *series,
        ",".join(name for name in WITHOUT if name not in needed),
    ]
    done = subprocess.run(call, capture_output=True, text=True, check=False, env=_bare())
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise IntegrityError(f"the exported model cannot predict the rows that it was checked with: {said}")
    with out.open(encoding="utf-8") as lines:
        rows = [_numbered(json.loads(line)) for line in lines]
    names = [name for name in schema if any(name in row for row in rows)]
    return pl.DataFrame(rows, schema={name: schema[name] for name in names}, strict=False)


def _numbered(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of an answer; files are numbered by their names: a clip by its first frame."""
    return row | {"row": int(Path(row["file"]).stem)} if "file" in row else row


def _bare() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def _compared(wanted: pl.DataFrame, given: pl.DataFrame, scorer: Scorer, *, rows: str) -> Parity:
    keys = [name for name in KEYS if name in wanted.columns]
    scored, own = (frame.filter(pl.col("reason").is_null()) for frame in (wanted, given))
    both = scored.join(own, on=keys, how="full", suffix=" of the bundle", nulls_equal=True)
    lone = both.filter(pl.col("row").is_null() | pl.col("row of the bundle").is_null())
    if lone.height or not scored.height:
        told = _lone(lone, wanted, given) if lone.height else "no row could be scored"
        raise IntegrityError(
            f"the exported model does not answer the same rows as `convoy predict`: {told}; nothing was left"
        )
    classes = scored["prediction"].dtype in (pl.String, pl.Boolean)
    greatest = max(_differences(both, scored, scorer, classes=classes), default=0.0)
    other = both.filter(pl.col("prediction") != pl.col("prediction of the bundle")).height if classes else 0
    if other or not greatest <= TOLERANCE:
        raise IntegrityError(
            f"the exported model answers otherwise than `convoy predict`: the greatest difference is {greatest:.2g} "
            f"(allowed: {TOLERANCE:g}), and {other:,} of {both.height:,} classes differ; nothing was left"
        )
    samples = scored["row"].n_unique()
    return Parity(
        summary=f"{samples:,} samples answered as by `convoy predict`, the greatest difference {greatest:.1e}",
        rows=rows,
        samples=samples,
        greatest_difference=greatest,
        tolerance=TOLERANCE,
    )


def _differences(both: pl.DataFrame, scored: pl.DataFrame, scorer: Scorer, *, classes: bool) -> list[float]:
    """Return the greatest difference of each column of numbers."""
    begins = ("probability",) if classes else ("prediction", "quantile_")
    names = [name for name in scored.columns if name.startswith(begins)]
    unit = (
        pl.lit(1.0) if classes else pl.col("channel").replace_strict(_scales(scorer), return_dtype=pl.Float64)
    )
    apart = [
        (
            (pl.col(name).cast(pl.Float64) - pl.col(f"{name} of the bundle").cast(pl.Float64)).abs() / unit
        ).max()
        for name in names
    ]
    return [float(value) for value in both.select(apart).row(0) if value is not None]


def _scales(scorer: Scorer) -> dict[str, float]:
    """Return what one scaled unit is, per channel."""
    meta = scorer.meta
    if meta.head == "regress":
        return {meta.target_name: meta.target_scale}
    return {meta.channels[place]: meta.scale[place] for place in meta.targets}


def _lone(lone: pl.DataFrame, wanted: pl.DataFrame, given: pl.DataFrame) -> str:
    """Say of one row that only one of the two answers what the other says of it."""
    mine = lone["row"].is_null()[0]
    row: Any = lone["row of the bundle"][0] if mine else lone["row"][0]
    others = (wanted if mine else given).filter((pl.col("row") == row) & pl.col("reason").is_not_null())
    why = others["reason"][0] if others.height else "nothing"
    return f"of row {row} {'convoy predict' if mine else 'the bundle'} says {why!r}"
