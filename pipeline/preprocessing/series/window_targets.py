"""What is learnt of each window: looked at in one pass, encoded in the next, so that no column is held in memory."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.classes import class_indices, class_names, require_known_classes
from pipeline.preprocessing.config_base import RareClassesConfig
from pipeline.preprocessing.meta import SPLITS
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.rare_classes import NOTHING, fit_merging
from pipeline.preprocessing.scale import RunningMoments, Scaler
from pipeline.preprocessing.series.windows import Found
from pipeline.preprocessing.split.divide import TRAIN

MOST_CLASSES = 10_000


class WindowTargets(ABC):
    """First :meth:`look` at all windows, then :meth:`fit`, then :meth:`encode` them again."""

    classes: tuple[str, ...] = ()
    class_counts: tuple[int, ...] = ()
    merging = NOTHING
    """Classes that are read as another."""

    scaler = Scaler(np.zeros(1), np.ones(1))
    """Of a number."""

    def usable(self, found: Found) -> NDArray[np.bool_]:
        """Return which windows are samples: an inserted row has no target, and none is invented for it."""
        return found.keys["sample_id"].is_not_null().to_numpy()

    @abstractmethod
    def look(self, found: Found) -> None:
        """Take note of usable windows."""

    @abstractmethod
    def fit(self) -> None:
        """Learn from what was seen of training."""

    @abstractmethod
    def encode(self, found: Found) -> NDArray[Any] | None:
        """Return the targets of usable windows as ``Samples.targets`` wants them."""


class InStream(WindowTargets):
    """A forecast's target lies in the stream."""

    def usable(self, found: Found) -> NDArray[np.bool_]:
        """Return that all are: an inserted row is as good as another to forecast from."""
        return np.ones(len(found.starts), bool)

    def look(self, found: Found) -> None:
        """Take note of nothing."""

    def fit(self) -> None:
        """Learn nothing."""

    def encode(self, found: Found) -> None:
        """Return nothing."""


class Direction(WindowTargets):
    """Whether a channel is higher some rows later; where one of the two values is unknown there is no sample."""

    classes = ("down", "up")

    def __init__(self) -> None:
        self.counts = np.zeros((len(SPLITS), 2), np.int64)
        self.unknown = 0

    def usable(self, found: Found) -> NDArray[np.bool_]:
        """Return which windows have both values measured, not filled in."""
        return ~(np.isnan(found.now) | np.isnan(found.later))

    def look(self, found: Found) -> None:
        """Count both classes."""
        np.add.at(self.counts, (found.codes, self.encode(found)), 1)

    def fit(self) -> None:
        """Check that training sees both.

        Raises:
            DataError: It sees one.
        """
        missing = [name for name, count in zip(self.classes, self.counts[TRAIN], strict=True) if not count]
        if missing:
            raise DataError(
                f"no training window is followed by the direction {missing[0]!r}; change preprocessing.ahead, "
                f"preprocessing.direction or preprocessing.split"
            )
        self.class_counts = tuple(self.counts[TRAIN].tolist())

    def encode(self, found: Found) -> NDArray[np.int64]:
        """Return 1 where the channel is higher later, 0 where it is equal or lower."""
        return (found.later > found.now).astype(np.int64)


class Classes(WindowTargets):
    """The class of the last row."""

    def __init__(self, rare: RareClassesConfig) -> None:
        self.rare = rare
        self.counts: dict[str, NDArray[np.int64]] = {}

    def look(self, found: Found) -> None:
        """Count each class in each part.

        Raises:
            DataError: A row has none, or there are far too many.
        """
        if found.keys["target"].null_count():
            raise _without_target()
        cells = pl.DataFrame([found.keys["target"], pl.Series("code", found.codes)])
        for name, code, count in cells.group_by("target", "code").len().iter_rows():
            self.counts.setdefault(str(name), np.zeros(len(SPLITS), np.int64))[code] += count
        if len(self.counts) > MOST_CLASSES:
            raise DataError(
                f"the target has more than {MOST_CLASSES:,} classes, such as {name!r}; for numbers use "
                f"heads.kind=regress, or check sources.target"
            )

    def fit(self) -> None:
        """Name the classes in their order.

        Raises:
            DataError: There are fewer than two, or val or test ask for one that training never sees.
        """
        trained = {name: int(counts[TRAIN]) for name, counts in self.counts.items() if counts[TRAIN]}
        judged = [name for name, counts in self.counts.items() if counts[TRAIN + 1 :].any()]
        self.merging = fit_merging(trained, judged, self.rare)
        for name in self.merging.names:
            known = self.counts.setdefault(self.merging.into, np.zeros(len(SPLITS), np.int64))
            known += self.counts.pop(name)
        self.classes = class_names(pl.Series(list(self.counts), dtype=pl.String))
        table = np.array([self.counts[name] for name in self.classes])
        train, others = np.flatnonzero(table[:, TRAIN]), np.flatnonzero(table[:, TRAIN + 1 :].sum(axis=1))
        require_known_classes(train, others, self.classes)
        self.class_counts = tuple(table[:, TRAIN].tolist())

    def encode(self, found: Found) -> NDArray[np.int64]:
        """Return the place of each class."""
        return class_indices(self.merging.applied(found.keys["target"]), self.classes)


class Labels(WindowTargets):
    """The labels of the last row; one that no training window has is left out, or merged with the rare ones."""

    def __init__(self, separator: str, rare: RareClassesConfig) -> None:
        self.separator, self.rare = separator, rare
        self.cells: dict[str, NDArray[np.int64]] = {}

    def look(self, found: Found) -> None:
        """Count each cell in training and elsewhere: few differ, and labels are told apart afterwards."""
        cells = pl.DataFrame(
            [found.keys["target"].fill_null(""), pl.Series("elsewhere", found.codes != TRAIN, pl.Int64)]
        )
        for cell, elsewhere, count in cells.group_by("target", "elsewhere").len().iter_rows():
            self.cells.setdefault(cell, np.zeros(2, np.int64))[elsewhere] += count

    def fit(self) -> None:
        """Name the labels in their order.

        Raises:
            DataError: Training has fewer than two.
        """
        trained = self._counted(0)
        self.merging = fit_merging(trained, self._counted(1), self.rare)
        trained = self._counted(0)
        self.classes = class_names(pl.Series(list(trained), dtype=pl.String))
        self.class_counts = tuple(trained[name] for name in self.classes)

    def encode(self, found: Found) -> NDArray[np.float32]:
        """Return 1 for each label that a window has, ``(window, label)``."""
        names = {cell: self._names(cell) for cell in found.keys["target"].fill_null("").unique()}
        lists = found.keys["target"].fill_null("").replace_strict(names, return_dtype=pl.List(pl.String))
        has = [pl.col("labels").list.contains(name).cast(pl.Float32).alias(name) for name in self.classes]
        return np.ascontiguousarray(lists.to_frame("labels").select(has).to_numpy())

    def _counted(self, side: int) -> dict[str, int]:
        """Return label → windows that have it, of training (0) or elsewhere (1)."""
        counts: dict[str, int] = {}
        for cell, number in self.cells.items():
            for name in self._names(cell) if number[side] else ():
                counts[name] = counts.get(name, 0) + int(number[side])
        return counts

    def _names(self, cell: str) -> list[str]:
        """Return the labels of a cell, as far as is known under the name they are merged into, each once."""
        names = [name.strip() for name in cell.split(self.separator)]
        merged = set(self.merging.names)
        return sorted({self.merging.into if name in merged else name for name in names if name})


class Numbers(WindowTargets):
    """The number of the last row, scaled as training says."""

    def __init__(self) -> None:
        self.moments = RunningMoments(1)

    def look(self, found: Found) -> None:
        """Take note of the numbers of training.

        Raises:
            DataError: A target is missing, or no number.
        """
        numbers = self._numbers(found)
        if not np.isfinite(numbers).all():
            cell = found.keys["target"][int((~np.isfinite(numbers)).argmax())]
            if cell is None:
                raise _without_target()
            raise DataError(
                f"the target {cell!r} is no number, which heads.kind=regress needs; mend the source, use "
                f"heads.kind=classify, or let validate set such rows aside with a rule in the quality suite"
            )
        self.moments.add(numbers[found.codes == TRAIN][:, None])

    def fit(self) -> None:
        """Fit the scale."""
        self.moments.end()
        self.scaler = self.moments.scaler("standard")

    def encode(self, found: Found) -> NDArray[np.float32]:
        """Return scaled numbers, ``(window, 1)``."""
        return self.scaler.apply(self._numbers(found)[:, None])

    def _numbers(self, found: Found) -> NDArray[np.float64]:
        cells = found.keys["target"].str.strip_chars().cast(pl.Float64, strict=False)
        return cells.fill_null(np.nan).to_numpy()


def window_targets(question: Question, *, direction: bool) -> WindowTargets:
    """Return what ``question`` asks of windows."""
    if direction:
        return Direction()
    match question.head:
        case "forecast":
            return InStream()
        case "classify":
            return Classes(question.rare)
        case "multilabel":
            return Labels(question.separator, question.rare)
        case "regress":
            return Numbers()


def _without_target() -> DataError:
    return DataError("some rows have no target; let validate set them aside with a rule in the quality suite")
