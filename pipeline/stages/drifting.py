"""The new rows and their predictions beside those of training, as a model's folder remembers them."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipeline.drift.answers import answer_columns
from pipeline.drift.compare import Side, Vectors, compare
from pipeline.drift.distributions import Distributions
from pipeline.drift.findings import DriftReport
from pipeline.drift.performance import ScoreTally, performance
from pipeline.foundation.files import json_text, write_atomically
from pipeline.quality.parquet import read_batches, read_footer
from pipeline.quality.profile import CLASS_COLUMN, TEXT_COLUMN, TEXT_LENGTH
from pipeline.quality.reference import Reference, read_reference
from pipeline.stages.bundle import PREDICTIONS, REPRESENTATION, VERDICT, Bundle
from pipeline.stages.represented import Represented, read_represented

UNKNOWN = "unknown tokens"
"""Name of the share of the tokens of a text that the vocabulary lacks, among the columns."""

TARGETS = ("error",)
"""Columns of answers that need targets."""


def drift_path(out: Path) -> Path:
    """Return where the comparison stands: beside the predictions."""
    return out.with_name(f"{out.name}.drift.json")


def data_drift(data: Path, model: Path) -> DriftReport:
    """Return how the data that passed the gate last compare with those that a model was made from.

    Args:
        data: Folder of the stages of a project, ``data/``.
        model: Folder of a model that has a verdict.

    Raises:
        DataError: One of the two has no verdict with a profile.
        OSError: ``data`` has no report of what was ingested.
    """
    about = json.loads((data / "ingest" / "report.json").read_text(encoding="utf-8"))
    now, then = read_reference(data / VERDICT), read_reference(model / VERDICT)
    names = [*about["channels"], *about.get("categories", ()), TEXT_LENGTH, CLASS_COLUMN]
    shared = tuple(name for name in names if name in now.sketches and name in then.sketches)
    grouped = (now.columns.get("group", {}).get("null_share") or 0.0) < 1.0
    return compare([Side(now, then, shared, grouped or bool(now.times))], about=then.about, rows=now.rows)


@dataclass
class Drifting:
    """One comparison, which hears the predictions while they are written."""

    bundle: Bundle
    represented: Represented = field(default_factory=Represented)
    """What the network makes of the new rows, once all of them were predicted."""

    _answers: Distributions = field(default_factory=Distributions)
    _score: ScoreTally = field(default_factory=ScoreTally)

    def add(self, frame: pl.DataFrame) -> None:
        """Take more rows of the result."""
        _answered(self._answers, frame)
        self._score.add(frame)

    def finish(self, table: Path, out: Path) -> DriftReport | None:
        """Compare, write what was found beside ``out``, and return it; None where the model remembers nothing.

        Args:
            table: The new rows, as they were read.
            out: File of the predictions.
        """
        path = drift_path(out)
        path.unlink(missing_ok=True)
        verdict = self.bundle.folder / VERDICT
        if not verdict.is_file():
            return None
        then = read_reference(verdict)
        inputs = self._inputs(table, then)
        outputs, score = self._outputs()
        unknown, vectors = self._within()
        sides = [inputs, *outputs, *unknown]
        report = compare(sides, about=then.about, rows=inputs.now.rows, vectors=vectors)
        moved = any(each.drift for each in report.findings if each.column in TARGETS)
        report = report.model_copy(
            update={"performance": performance(self._score, score, errors_moved=moved)}
        )
        write_atomically(json_text(report.model_dump(mode="json")), path)
        return report

    def _inputs(self, table: Path, then: Reference) -> Side:
        names = _compared(self.bundle, table)
        found = Distributions()
        for batch in read_batches(table, [*names, "group", "time"]):
            found.add(batch.select(names), batch.select("group", "time"))
        now = found.reference()
        columns = [TEXT_LENGTH if name == TEXT_COLUMN else name for name in names]
        if CLASS_COLUMN in columns and not now.sketches.get(CLASS_COLUMN):
            columns.remove(CLASS_COLUMN)
        return Side(now, then, tuple(columns), found.dependent)

    def _outputs(self) -> tuple[list[Side], ScoreTally]:
        """Return the answers beside those to the test split, and the score of the latter."""
        path, score = self.bundle.folder / PREDICTIONS, ScoreTally()
        if not path.is_file():
            return [], score
        before = Distributions()
        for batch in read_batches(path, list(read_footer(path).types)):
            _answered(before, batch)
            score.add(batch)
        now, then = self._answers.reference(), before.reference()
        columns = tuple(name for name in then.sketches if name not in TARGETS or name in now.sketches)
        dependent = self._answers.dependent or before.dependent
        return [Side(now, then, columns, dependent, inputs=False)], score

    def _within(self) -> tuple[list[Side], Vectors | None]:
        """Return unknown tokens and features of the network beside those of the test split."""
        path = self.bundle.folder / REPRESENTATION
        if not path.is_file():  # the model is of an earlier version
            return [], None
        features, shares = read_represented(path)
        dependent = self._answers.dependent
        sides = (
            [_unknown(self.represented.unknown, shares, dependent)]
            if _rose(self.represented.unknown, shares)
            else []
        )
        return sides, Vectors(self.represented.features, features, dependent)


def _rose(now: pl.Series, then: pl.Series) -> bool:
    """Return whether more is unknown: of less nobody has to hear, and the rows of training have less than others."""
    return bool(len(now) and len(then) and now.mean() > then.mean())  # type: ignore[operator]


def _unknown(now: pl.Series, then: pl.Series, dependent: bool) -> Side:
    figures = []
    for shares in (now, then):
        found = Distributions()
        found.add(shares.cast(pl.Float64).alias(UNKNOWN).to_frame())
        figures.append(found.reference())
    return Side(figures[0], figures[1], (UNKNOWN,), dependent, inputs=False)


def _answered(found: Distributions, frame: pl.DataFrame) -> None:
    answers, keys = answer_columns(frame)
    if answers.height:
        found.add(answers, keys)


def _compared(bundle: Bundle, table: Path) -> list[str]:
    """Return the columns of the input that are compared: channels, categories, texts, and classes that are given."""
    there = read_footer(table).types
    names = [*bundle.ingested["channels"], *bundle.ingested["categories"]]
    names += [TEXT_COLUMN] if there.get(TEXT_COLUMN) == "String" else []
    names += [CLASS_COLUMN] if bundle.fitted.meta.head == "classify" else []
    return [name for name in dict.fromkeys(names) if name in there]
