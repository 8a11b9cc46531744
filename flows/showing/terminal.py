"""What a person sees of a run: one line when a stage begins, its own lines, one line when it ends.

The journal of the run hears the same, where one is wanted.
"""

import os
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import TextIO

from flows.runs.record import StageRun
from flows.runs.said import LINE, Said
from flows.showing.journal import Journal
from pipeline.foundation.words import harmless

_STYLES = {"dim": "2", "bold": "1", "green": "32", "red": "31", "yellow": "33"}
_STYLED = re.compile(rf"(\033\[(?:0|{'|'.join(_STYLES.values())})m)")
_MARKS = {
    "ran": ("✓", "green"),
    "restored": ("✓", "green"),
    "up to date": ("·", "dim"),
    "failed": ("✗", "red"),
    "stopped": ("✗", "yellow"),
    "not run": ("·", "dim"),
}
_PLAIN = {"▸": ">", "→": "->", "│": "|", "·": "-", "✓": "+", "✗": "x"}


class Terminal:
    """Writes whole lines, from any thread; colours only where somebody looks and wants them."""

    def __init__(self, stream: TextIO | None = None, *, run: str | None = None) -> None:
        self._stream = stream or sys.stdout
        self.journal = Journal(run)
        self._colours = self._stream.isatty() and "NO_COLOR" not in os.environ
        self._plain = not _can_write(self._stream, "▸│·✓✗→")
        self._lock = threading.Lock()
        self._width = 8

    def plan(self, stages: Sequence[str]) -> None:
        """Make room for the longest name."""
        self._width = max([self._width, *map(len, stages)])

    def begins(self, stage: str, pace: str = "") -> None:
        """Say that a stage has been started; ``pace`` tells how many are to come."""
        self.journal.write("stage_begins", f"{stage} begins{pace and f', {pace}'}", stage=stage)
        self.line(f"{self.style('▸', 'bold')} {stage}{pace and self.style(f'  {pace}', 'dim')}")

    def said(self, stage: str, told: Said) -> None:
        """Show one line of a stage."""
        self.journal.write(told.event, told.text, level=told.level, stage=stage, numbers=told.numbers)
        if told.text or told.event == LINE:
            self.line(self.style(f"  {stage:<{self._width}} │ {told.text}", "dim"))

    def ended(self, run: StageRun) -> None:
        """Say what became of a stage, and how long it took."""
        numbers = {"outcome": run.outcome, "seconds": run.seconds}
        self.journal.write("stage_ends", f"{run.stage}: {run.outcome}", stage=run.stage, numbers=numbers)
        mark, style = _MARKS[run.outcome]
        took = f"{run.seconds:6.1f} s" if run.outcome not in ("up to date", "not run") else " " * 8
        self.line(f"{self.style(mark, style)} {run.stage:<{self._width}} {took}  {run.outcome}")

    def news(self, event: str, message: str, **numbers: object) -> None:
        """Show a line about the run as a whole."""
        self.journal.write(event, message, numbers=numbers)
        self.line(message)

    def line(self, text: str = "") -> None:
        """Write one line; of what acts on a terminal only own colours are let through."""
        text = "".join(
            part if self._colours and _STYLED.fullmatch(part) else harmless(part)
            for part in _STYLED.split(text)
        )
        if self._plain:
            for fancy, plain in _PLAIN.items():
                text = text.replace(fancy, plain)
            encoding = self._stream.encoding or "ascii"
            text = text.encode(encoding, errors="replace").decode(encoding)
        with self._lock:
            self._stream.write(text + "\n")
            self._stream.flush()

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> None:
        """Write an aligned table: the first ``left`` columns to the left, the others to the right."""
        for number, line in enumerate(aligned([header, *rows], left=left)):
            self.line(self.style(line, "dim") if number == 0 else line)

    def style(self, text: str, style: str) -> str:
        """Return ``text`` coloured, where somebody looks."""
        return f"\033[{_STYLES[style]}m{harmless(text)}\033[0m" if self._colours else text


def aligned(rows: Sequence[Sequence[str]], *, left: int = 1) -> list[str]:
    """Return rows of cells as lines with equal columns."""
    rows = [[harmless(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(_padded(row, widths, left)).rstrip() for row in rows]


def _padded(row: Sequence[str], widths: Sequence[int], left: int) -> Iterator[str]:
    for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield f"{cell:<{width}}" if number < left else f"{cell:>{width}}"


def _can_write(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
