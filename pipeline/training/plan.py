"""How samples are dealt to batches: which, in what order, and what happens to them on the way."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.errors import ConfigError
from pipeline.preprocessing.meta import Flip
from pipeline.preprocessing.stream import Ints

POOL = 50
"""Batches whose samples are sorted together where samples of like length are to share a batch: enough for little
padding, few enough that who meets whom changes with the epoch."""

FLIPS, BUCKETS = 1, 2
"""What keeps random choices of one epoch apart from one another."""


@dataclass(frozen=True)
class Draw:
    """What training does with its samples, anew in every epoch; val and test are read as they lie."""

    shift: int = 0
    """Pixels by which images are moved at most."""

    flip: Flip = "none"
    """How images are mirrored by chance."""

    balanced: bool = False
    """Whether every class is drawn as often as any other, with replacement."""

    buckets: bool = False
    """Whether samples of like length stand in one batch."""


class Plan:
    """How samples are dealt: the same for one process and for many, but for who takes which rows."""

    def __init__(self, *, seed: int, batch_size: int, rank: int = 0, world: int = 1, least: int = 1) -> None:
        """Keep how the samples are dealt.

        Args:
            seed: Orders, moves and flips follow from it, the epoch, and the position of the batch.
            batch_size: Rows of a step over all processes.
            rank: Which process this is.
            world: How many there are.
            least: Rows that each process needs of every step: 2 for training, since batch normalisation
                cannot do with 1.
        """
        self.seed = seed
        self.batch_size = batch_size
        self.rank = rank
        self.world = world
        self.least = least * world

    def borders(self, count: int) -> list[tuple[int, int]]:
        """Return first and last row of each step; the last keeps what is left, or joins the one before.

        Raises:
            ConfigError: There are not enough samples for the processes, or a step is too small for them.
        """
        if min(count, self.batch_size) < self.least:
            raise ConfigError(
                f"training.batch_size={self.batch_size} with {count} samples on {self.world} processes leaves "
                f"too few in each; at least {self.least} are needed: raise training.batch_size, or lower "
                f"training.devices or training.nodes"
            )
        starts = list(range(0, count, self.batch_size))
        if count - starts[-1] < self.least:
            starts.pop()
        return list(zip(starts, [*starts[1:], count], strict=True))

    def order(self, count: int, epoch: int) -> Ints:
        """Return the order of the samples in ``epoch``: each once."""
        return np.random.default_rng((self.seed, epoch)).permutation(count)

    def balanced(self, classes: Ints, epoch: int) -> Ints:
        """Return as many samples as there are, drawn with replacement and each class as often as any other.

        Args:
            classes: Class of each sample, shape ``(sample,)``.
            epoch: What they are drawn for.
        """
        _, which, counts = np.unique(classes, return_inverse=True, return_counts=True)
        chances = 1.0 / (len(counts) * counts[which])
        return np.random.default_rng((self.seed, epoch)).choice(len(classes), len(classes), p=chances)

    def bucketed(self, order: Ints, lengths: Ints, epoch: int) -> Ints:
        """Return ``order`` changed so that samples of like length stand in one step, and the steps by chance.

        The last step, where it is not as large as the others, keeps the samples it has.

        Args:
            order: The samples of an epoch.
            lengths: Steps of each of these, in the same order.
            epoch: What the order is for.
        """
        whole = [last for first, last in self.borders(len(order)) if last - first == self.batch_size]
        end = whole[-1] if whole else 0
        sorted_ = [
            first + np.argsort(lengths[first : min(first + POOL * self.batch_size, end)], kind="stable")
            for first in range(0, end, POOL * self.batch_size)
        ]
        if not sorted_:
            return order
        steps = np.concatenate(sorted_).reshape(-1, self.batch_size)
        generator = np.random.default_rng((self.seed, epoch, 0, BUCKETS))
        return np.concatenate([order[generator.permutation(steps).ravel()], order[end:]])

    def moves(self, rows: int, shift: int, *, epoch: int, index: int) -> Ints:
        """Return by how many pixels each image of a step is moved down and right."""
        generator = np.random.default_rng((self.seed, epoch, index))
        return generator.integers(-shift, shift + 1, size=(rows, 2))

    def flips(self, rows: int, flip: Flip, *, epoch: int, index: int) -> Ints:
        """Return which images of a step are mirrored: 1 for top with bottom, 1 for left with right."""
        generator = np.random.default_rng((self.seed, epoch, index, FLIPS))
        allowed = {"none": (0, 0), "vertical": (1, 0), "horizontal": (0, 1), "both": (1, 1)}[flip]
        flips: Ints = generator.integers(0, 2, size=(rows, 2)) * np.asarray(allowed)
        return flips

    def own(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return this process's part of the rows of a step."""
        return rows if self.world == 1 else np.array_split(rows, self.world)[self.rank]
