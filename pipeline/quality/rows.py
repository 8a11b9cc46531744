"""The tier `rows`: Great Expectations over every cell that a rule is about, batch by batch."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.arrays import distinct
from pipeline.quality.build import build_expectation, problem, wanted
from pipeline.quality.cells import cells, told
from pipeline.quality.direct import failing
from pipeline.quality.judge import VALUE, judge
from pipeline.quality.read import SuiteFile
from pipeline.quality.reasons import Reasons
from pipeline.quality.rules_rows import UniqueTime
from pipeline.quality.suite import AnyRowRule, Words, needed_columns_of, resolved_columns
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
    """Columns ``sample_id`` and ``reason``, in the order of the table; the first ``most_reasons`` of them."""

    count: int
    """How many rows are set aside."""


def needed_columns(file: SuiteFile, types: Mapping[str, str], words: Words) -> list[str]:
    """Return the columns that the row rules look at, in the order of the table; none without rules."""
    if not file.suite.rows:
        return []
    named = {name for rule in file.suite.rows for name in needed_columns_of(rule, words)}
    return [name for name in types if name in named or name in IDENTITY]


def judge_rows(
    file: SuiteFile,
    batches: Iterable[pl.DataFrame],
    *,
    words: Words,
    examples: int,
    most_reasons: int | None = None,
    few: bool = False,
) -> RowsJudged:
    """Return what breaks the rules of the tier ``rows``.

    Memory grows with the rows set aside (some 12 bytes each), not with the table.

    Args:
        file: The suite.
        batches: The columns of :func:`needed_columns`, in the order of the table.
        words: What ``channels`` and ``categories`` stand for.
        examples: Offending rows kept for each rule.
        most_reasons: Rows set aside whose reasons are kept; further ones are only counted. None: all.
        few: Whether the rows are so few that Great Expectations is called only where it has to be.
    """
    tallies = [
        _RuleTally(
            rule,
            file.place("rows", position),
            resolved_columns(rule, words),
            needed_columns_of(rule, words),
            few,
        )
        for position, rule in enumerate(file.suite.rows)
    ]
    reasons = Reasons(most_reasons)
    runs = any(isinstance(rule, UniqueTime) for rule in file.suite.rows)
    for batch in _whole_runs(batches) if runs else batches:
        problems: dict[int, list[str]] = {}
        for tally in tallies:
            rows, columns = tally.judge(batch, examples)
            if tally.rule.on_fail == "quarantine":
                said = [f"{name} {problem(tally.rule)}" for name in tally.names]
                for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
                    problems.setdefault(row, []).append(said[column])
        reasons.add(batch["sample_id"].to_numpy(), problems)
    return RowsJudged([tally.finding() for tally in tallies], reasons.frame(), reasons.count)


@dataclass
class _RuleTally:
    """One rule, and what it found so far."""

    rule: AnyRowRule
    place: str
    columns: tuple[str, ...]
    """Columns it judges."""

    needed: tuple[str, ...]
    """Columns it reads."""

    few: bool
    expectation: str = ""
    checked: int = 0
    failed: int = 0
    by_column: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)
    error: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What stands for a column in a sentence."""
        return ("group and time",) if isinstance(self.rule, UniqueTime) else self.columns

    def judge(self, batch: pl.DataFrame, examples: int) -> tuple[Ints, Ints]:
        """Return row (position in the batch) and column (position in ``names``) of everything that fails."""
        nothing = np.empty(0, np.int64)
        if self.error is not None:
            return nothing, nothing
        if missing := [name for name in self.needed if name not in batch.columns]:
            self.error = f"the table has no column {', '.join(missing)}"
            return nothing, nothing
        values: NDArray[Any] | None = None
        if isinstance(self.rule, UniqueTime):
            rows = self._repeated(batch, self.rule)
            columns = np.zeros(len(rows), np.int64)
        else:
            rows, columns, values = self._broken_cells(batch)
        self.failed += len(distinct(rows))
        counts = np.bincount(columns, minlength=len(self.names)).tolist()
        self.by_column.update({name: count for name, count in zip(self.names, counts, strict=True) if count})
        for at in range(min(len(rows), examples - len(self.examples))):
            row, column = int(rows[at]), int(columns[at])
            measured = None if values is None else told(self.rule, values[column * len(batch) + row])
            self.examples.append(_example(batch, row, self.names[column], measured))
        return rows, columns

    def _broken_cells(self, batch: pl.DataFrame) -> tuple[Ints, Ints, NDArray[Any]]:
        text = batch[self.columns[0]].dtype == pl.String
        values = np.concatenate([cells(batch, name, self.rule) for name in self.columns])
        failed = self._judge({VALUE: values}, as_text=text)
        rows, places = failed % len(batch), failed // len(batch)
        order = np.lexsort((places, rows))
        return rows[order], places[order], values

    def _repeated(self, batch: pl.DataFrame, rule: UniqueTime) -> Ints:
        groups = batch["group"].fill_null(_NO_GROUP).hash().to_numpy()
        failed = self._judge({"group": groups, "time": batch["time"].to_numpy()})
        if rule.keep == "first":
            failed = failed[batch[failed].select(~pl.struct(KEY).is_first_distinct()).to_series().to_numpy()]
        return failed

    def _judge(self, columns: dict[str, NDArray[Any]], *, as_text: bool = False) -> Ints:
        if self.few and VALUE in columns and (known := failing(self.rule, columns[VALUE])) is not None:
            return known
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


def _example(batch: pl.DataFrame, row: int, name: str, measured: str | None) -> Example:
    known = batch.row(row, named=True)
    value = measured or ("" if name not in known else shown(known[name]))
    return Example(
        sample_id=known["sample_id"],
        origin=shown(known["origin"], 200),
        group=None if known["group"] is None else shown(known["group"]),
        time=None if known["time"] is None else known["time"].isoformat(),
        column=shown(name),
        value=value or f"{shown(known['group'])}, {shown(known['time'])}",
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
