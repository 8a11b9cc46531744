"""How far the stages of a run are, and how their trainings go."""

import math
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from flows.showing.scores import as_markdown

SHOWN = 30
"""Epochs in the table, the last ones."""

HIDDEN = ("epochs", "is_best", "epoch")


class Course:
    """Takes note from any thread; every part of it is read at once."""

    def __init__(self, stages: Sequence[str]) -> None:
        self._done = dict.fromkeys(stages, 0.0)
        self._told = ""
        self._rows: dict[str, list[Mapping[str, Any]]] = {}
        self._lock = threading.Lock()

    def plan(self, stages: Sequence[str]) -> None:
        """Take note of more stages that will run."""
        with self._lock:
            for stage in stages:
                self._done.setdefault(stage, 0.0)

    def heard(self, stage: str, event: str, numbers: Mapping[str, Any]) -> bool:
        """Take what a stage told, and return whether that is news."""
        if event not in ("epoch", "progress"):
            return False
        try:
            epoch, epochs = int(numbers["epoch"]), max(int(numbers["epochs"]), 1)
            part = 1.0 if event == "epoch" else float(numbers["part"])
            done = (epoch - 1 + part) / epochs
        except (
            KeyError,
            TypeError,
            ValueError,
            OverflowError,
        ):  # any program may be a stage, and say anything
            return False
        if not math.isfinite(done):
            return False
        with self._lock:
            self._done[stage] = min(max(done, 0.0), 1.0)
            self._told = f"{stage}: epoch {epoch} of {epochs}"
            if event == "epoch":
                self._rows.setdefault(stage, []).append(dict(numbers))
            if rows := self._rows.get(stage):
                self._told += f", {_losses(rows[-1])}"
        return True

    def ended(self, stage: str, outcome: str) -> None:
        """Take note of the end of a stage."""
        with self._lock:
            is_whole = outcome not in ("failed", "stopped", "not run")
            self._done[stage] = 1.0 if is_whole else self._done.get(stage, 0.0)
            self._told = f"{stage}: {outcome}"

    def progress(self) -> tuple[float, str]:
        """Return the part of the stages that is done, 0 to 1, and where the run is."""
        with self._lock:
            done = sum(self._done.values()) / max(len(self._done), 1)
            return done, self._told or "begins"

    def last_epoch(self) -> str:
        """Return the last epoch that ended, in a line; empty before the first one."""
        with self._lock:
            if not self._rows:
                return ""
            stage, rows = next(reversed(self._rows.items()))
            epoch = f"epoch {_number(rows[-1]['epoch'])} of {_number(rows[-1]['epochs'])}"
            return f"{stage}: {epoch}, {_losses(rows[-1])}"

    def markdown(self) -> str:
        """Return the epochs of every training as tables, the newest first; empty before the first one."""
        with self._lock:
            return "\n".join(f"### {stage}\n\n{_table(rows)}" for stage, rows in reversed(self._rows.items()))


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    names = [name for name in rows[-1] if name not in HIDDEN]
    shown = list(reversed(rows[-SHOWN:]))
    best = max((row["epoch"] for row in rows if row.get("is_best") is True), default=None)
    cells = [
        [
            f"{_number(row['epoch'])}{' ▸ best' if row['epoch'] == best else ''}",
            *(_number(row.get(name)) for name in names),
        ]
        for row in shown
    ]
    earlier = f"\n{len(rows) - SHOWN} earlier epochs are not shown.\n" if len(rows) > SHOWN else ""
    return as_markdown([f"epoch of {_number(rows[-1]['epochs'])}", *names], cells) + earlier


def _losses(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_number(row[name])}" for name in ("train/loss", "val/loss") if name in row)


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else str("" if value is None else value)
