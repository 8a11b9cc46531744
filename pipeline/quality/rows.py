"""The tier `rows`: Great Expectations over every cell that a rule is about, batch by batch."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.quality.build import build_expectation, problem, wanted
from pipeline.quality.judge import VALUE, judge
from pipeline.quality.read import SuiteFile
from pipeline.quality.suite import AnyRowRule, Finite, UniqueTime, resolved_columns
from pipeline.quality.verdict import Example, Finding, counted_rows, shown, status_of

Ints = NDArray[np.int64]
KEY = ("group", "time")
IDENTITY = ("sample_id", "origin", *KEY)
"""Columns that say which row it is; read along with what the rules need."""

_NO_GROUP = "\0"


@dataclass(frozen=True)
class RowsJudged:
    """What the tier found, and the rows it sets aside."""

    findings: list[Finding]
    set_aside: pl.DataFrame
    """Columns ``sample_id`` and ``reason``, in the order of the table."""


def needed_columns(file: SuiteFile, types: Mapping[str, str], channels: tuple[str, ...]) -> list[str]:
    """Return the columns that the row rules look at, in the order of the table; none without rules."""
    if not file.suite.rows:
        return []
    named = {name for rule in file.suite.rows for name in resolved_columns(rule, channels)}
    return [name for name in types if name in named or name in IDENTITY]


def judge_rows(
    file: SuiteFile, batches: Iterable[pl.DataFrame], *, channels: tuple[str, ...], examples: int
) -> RowsJudged:
    """Return what breaks the rules of the tier ``rows``.

    Memory grows with the rows set aside (some 12 bytes each), not with the table.

    Args:
        file: The suite.
        batches: The columns of :func:`needed_columns`, in the order of the table.
        channels: What ``channels`` stands for.
        examples: Offending rows kept for each rule.
    """
    tallies = [
        _RuleTally(rule, file.place("rows", position), resolved_columns(rule, channels))
        for position, rule in enumerate(file.suite.rows)
    ]
    reasons = _Reasons()
    runs = any(isinstance(rule, UniqueTime) for rule in file.suite.rows)
    for batch in _whole_runs(batches) if runs else batches:
        told: dict[int, list[str]] = {}
        for tally in tallies:
            for row, column in tally.judge(batch, examples):
                if tally.rule.on_fail == "quarantine":
                    told.setdefault(row, []).append(f"{column} {problem(tally.rule)}")
        reasons.add(batch["sample_id"].to_numpy(), told)
    return RowsJudged([tally.finding() for tally in tallies], reasons.frame())


@dataclass
class _RuleTally:
    """One rule, and what it found so far."""

    rule: AnyRowRule
    place: str
    columns: tuple[str, ...]
    expectation: str = ""
    checked: int = 0
    failed: int = 0
    by_column: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)
    error: str | None = None

    def judge(self, batch: pl.DataFrame, examples: int) -> Iterator[tuple[int, str]]:
        """Yield the row (its position in the batch) and the column of everything that fails."""
        if self.error is not None:
            return
        if missing := [name for name in self.columns if name not in batch.columns]:
            self.error = f"the table has no column {', '.join(missing)}"
            return
        if isinstance(self.rule, UniqueTime):
            positions, names = self._repeated(batch)
        else:
            positions, names = self._broken_cells(batch)
        self.failed += len(np.unique(positions))
        self.by_column.update(names)
        for row, name in list(zip(positions.tolist(), names, strict=True))[: examples - len(self.examples)]:
            self.examples.append(_example(batch, row, name))
        yield from zip(positions.tolist(), names, strict=True)

    def _broken_cells(self, batch: pl.DataFrame) -> tuple[Ints, list[str]]:
        text = batch[self.columns[0]].dtype == pl.String
        values = np.concatenate([_cells(batch[name], self.rule) for name in self.columns])
        failed = self._judge({VALUE: values}, as_text=text)
        rows, places = failed % len(batch), failed // len(batch)
        order = np.lexsort((places, rows))
        return rows[order], [self.columns[at] for at in places[order]]

    def _repeated(self, batch: pl.DataFrame) -> tuple[Ints, list[str]]:
        groups = batch["group"].fill_null(_NO_GROUP).to_numpy().astype(object)
        times = batch["time"].to_numpy()
        failed = self._judge({"group": groups, "time": times})
        if isinstance(self.rule, UniqueTime) and self.rule.keep == "first":
            failed = failed[batch[failed].select(~pl.struct(KEY).is_first_distinct()).to_series().to_numpy()]
        return failed, ["group and time"] * len(failed)

    def _judge(self, columns: dict[str, NDArray[Any]], *, as_text: bool = False) -> Ints:
        outcome = judge(build_expectation(self.rule, as_text=as_text), columns)
        self.expectation, self.error = outcome.expectation, outcome.broken
        self.checked += outcome.checked
        return np.sort(outcome.failed)

    def finding(self) -> Finding:
        """Return all of it."""
        return Finding(
            tier="rows",
            rule=self.rule.rule,
            place=self.place,
            columns=tuple(getattr(self.rule, "columns", ())),
            wanted=wanted(self.rule),
            problem=problem(self.rule),
            observed=f"{counted_rows(self.failed)} against it" if self.failed else "every row holds",
            status=status_of(not self.failed, self.rule.on_fail, self.error),
            on_fail=self.rule.on_fail,
            expectation=self.expectation,
            checked=self.checked,
            failed=self.failed,
            failing={shown(name): f"{count:,}" for name, count in sorted(self.by_column.items())},
            examples=tuple(self.examples),
            error=self.error,
        )


class _Reasons:
    """Row and reason of everything set aside; a reason that returns is kept once."""

    def __init__(self) -> None:
        self._ids: list[Ints] = []
        self._codes: list[Ints] = []
        self._known: dict[str, int] = {}

    def add(self, ids: Ints, told: Mapping[int, Sequence[str]]) -> None:
        """Take what is wrong with the rows of one batch, by position."""
        rows = sorted(told)
        texts = [_together(told[row]) for row in rows]
        self._ids.append(ids[rows])
        self._codes.append(np.array([self._known.setdefault(t, len(self._known)) for t in texts], np.int64))

    def frame(self) -> pl.DataFrame:
        """Return one row for each row set aside."""
        ids = np.concatenate(self._ids) if self._ids else np.empty(0, np.int64)
        codes = np.concatenate(self._codes) if self._codes else np.empty(0, np.int64)
        texts = pl.Series("reason", list(self._known), dtype=pl.String)
        return pl.DataFrame({"sample_id": ids}).with_columns(texts.gather(codes))


def _together(problems: Sequence[str], most: int = 3) -> str:
    more = [f"and {len(problems) - most} more"] if len(problems) > most else []
    return "; ".join([*problems[:most], *more])


def _cells(values: pl.Series, rule: AnyRowRule) -> NDArray[Any]:
    """Return a column as NumPy; empty cells as NaN, NaT or None, whichever Great Expectations passes over."""
    if isinstance(rule, Finite):
        return values.cast(pl.Float64).fill_nan(np.inf).to_numpy()  # NaN would pass for an empty cell
    array = values.to_numpy()
    return array.astype(object) if values.dtype == pl.String else array


def _example(batch: pl.DataFrame, row: int, name: str) -> Example:
    cells = batch.row(row, named=True)
    value = "" if name not in cells else shown(cells[name])
    if not value:
        value = f"{shown(cells['group'])}, {shown(cells['time'])}"
    return Example(
        sample_id=cells["sample_id"],
        origin=shown(cells["origin"], 200),
        group=None if cells["group"] is None else shown(cells["group"]),
        time=None if cells["time"] is None else cells["time"].isoformat(),
        column=shown(name),
        value=value,
    )


def _whole_runs(batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Cut the same rows where group or time changes, so that equal keys always share a batch.

    The table is sorted by group and time, hence equal keys are neighbours. A row without a time is
    a run of its own: it repeats nothing.
    """
    untimed = pl.when(pl.col("time").is_null()).then(pl.int_range(pl.len())).alias("row")
    waiting: pl.DataFrame | None = None
    for batch in batches:
        if waiting is None:
            waiting = batch
            continue
        border = pl.concat([waiting.tail(1), batch])
        belongs = int((border.select(pl.struct(*KEY, untimed).rle_id()).to_series() == 0).sum()) - 1
        whole = pl.concat([waiting, batch[:belongs]]) if belongs else waiting
        if belongs == len(batch):
            waiting = whole
            continue
        yield whole
        waiting = batch[belongs:]
    if waiting is not None:
        yield waiting
