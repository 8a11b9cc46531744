"""One pass over the finished rows of a series, before anything is written: scale, targets, and how many windows."""

from dataclasses import dataclass, field

import numpy as np

from pipeline.foundation.errors import ShapeError
from pipeline.preprocessing.config import WindowsConfig
from pipeline.preprocessing.meta import SPLITS
from pipeline.preprocessing.scale import RunningMoments, Scaler, with_derived
from pipeline.preprocessing.series.blocks import Recipe
from pipeline.preprocessing.series.pieces import Ints
from pipeline.preprocessing.series.window_targets import Direction, WindowTargets
from pipeline.preprocessing.series.windows import Cut, find_windows
from pipeline.preprocessing.split.divide import TRAIN, Codes
from pipeline.preprocessing.static import NO_COLUMNS, StaticFit
from pipeline.preprocessing.table.columns import Columns


@dataclass
class Look:
    """What one pass over the finished rows tells, before anything is written."""

    scaler: Scaler
    targets: WindowTargets
    counts: Ints
    """Windows per part."""

    static: Columns = NO_COLUMNS
    """What turns the static columns of a window's last row into numbers."""

    rows: Ints = field(default_factory=lambda: np.zeros(len(SPLITS), np.int64))
    """Rows per part."""

    longest: int = 0
    """Rows of the longest unbroken stretch."""

    unused: int = 0
    """Windows whose target is unknown."""

    unknown: int = 0
    """Rows with an unknown value, that no window holds."""

    def notes(self, config: WindowsConfig) -> tuple[str, ...]:
        """Return sentences for the user."""
        notes = list(self.targets.merging.notes)
        if self.unknown:
            notes.append(f"{self.unknown:,} rows have no known value before or in them, and are in no window")
        if self.unused and isinstance(self.targets, Direction):
            notes.append(
                f"{self.unused:,} windows were left out, because {config.direction} was not measured at their end or "
                f"{config.ahead} steps later"
            )
        return tuple(notes)


def look_at_windows(recipe: Recipe, cut: Cut, targets: WindowTargets, static: StaticFit) -> Look:
    """Fit the scale, the targets and the static columns on training, and count windows.

    Raises:
        ShapeError: A part of the split has no window.
    """
    moments = RunningMoments(recipe.measured)
    look = Look(Scaler(np.zeros(0), np.ones(0)), targets, np.zeros(len(SPLITS), np.int64))
    for block, found in find_windows(recipe.blocks(), cut, watched=watched_channel(recipe)):
        moments.add(block.values[block.codes == TRAIN, : recipe.measured])
        rows = block.first + np.arange(len(block))
        look.longest = max(look.longest, int((rows - block.begins).max()) + 1)
        look.rows += _per_part(block.codes)
        look.unknown += int(np.isnan(block.values).any(axis=1).sum())
        used = found.at(np.flatnonzero(targets.usable(found)))
        look.unused += len(found.starts) - len(used.starts)
        look.counts += _per_part(used.codes)
        targets.look(used)
        static.add(used.keys, used.codes == TRAIN)
    _require_windows(look, cut)
    moments.end()
    targets.fit()
    look.static = static.columns()
    look.scaler = with_derived(moments.scaler(recipe.config.scale), len(recipe.channels))
    return look


def watched_channel(recipe: Recipe) -> int | None:
    """Return the channel whose direction is the class, by its number; None where there is none."""
    direction = recipe.config.direction if isinstance(recipe.config, WindowsConfig) else None
    return None if direction is None else recipe.table.channels.index(direction)


def _per_part(codes: Codes) -> Ints:
    return np.bincount(codes[codes >= 0], minlength=len(SPLITS)).astype(np.int64)


def _require_windows(look: Look, cut: Cut) -> None:
    empty = [name for code, name in enumerate(SPLITS) if not look.counts[code]]
    if not empty:
        return
    needs = f"{cut.window} rows" + (f" and {cut.horizon} to forecast" if cut.horizon else "")
    needs += f" and {cut.ahead} ahead" if cut.ahead else ""
    lower = "".join(
        f" or {name}"
        for name, rows in (("heads.horizon", cut.horizon), ("preprocessing.ahead", cut.ahead))
        if rows
    )
    raise ShapeError(
        f"no window fits into {' and '.join(empty)}: one needs {needs} without a gap; {empty[0]} has "
        f"{look.rows[SPLITS.index(empty[0])]}, and the longest unbroken stretch {look.longest}; lower "
        f"preprocessing.window{lower}, change preprocessing.split or preprocessing.gaps"
    )
