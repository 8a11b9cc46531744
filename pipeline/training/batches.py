"""Which samples stand in which batch, and the batches themselves: one vectorised read each."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.foundation.errors import ConfigError
from pipeline.preprocessing.stream import Floats, Ints


class Samples(Protocol):
    """Anything that gives samples by their positions."""

    def __len__(self) -> int:
        """Return the number of samples."""
        ...

    def inputs(self, positions: Ints, moves: Ints | None = None) -> Floats | tuple[Floats, ...]:
        """Return what the network reads, batch first."""
        ...

    def targets(self, positions: Ints) -> Floats | Ints:
        """Return what it should answer, batch first."""
        ...


class Batch(NamedTuple):
    """This process's part of one step."""

    inputs: tuple[Tensor, ...]
    target: Tensor
    rows: int
    """Rows of the step over all processes."""


class Batches:
    """The batches of one split, as this process sees them; iterating again gives the next order.

    No loader processes and no copies between them: a batch is one indexed read from a memory map, which
    costs less than handing it from one process to another.
    """

    def __init__(
        self,
        samples: Samples,
        plan: "Plan",
        *,
        epoch: Callable[[], int] | None = None,
        shift: int = 0,
    ) -> None:
        self.samples = samples
        self.plan = plan
        self.epoch = epoch
        self.shift = shift

    def __len__(self) -> int:
        """Return the number of steps in an epoch, the same in every process."""
        return len(self.plan.borders(len(self.samples)))

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches of an epoch: in a new order if it is for training, else as they lie."""
        count = len(self.samples)
        epoch = self.epoch() if self.epoch else None
        order = np.arange(count) if epoch is None else self.plan.order(count, epoch)
        for index, (first, last) in enumerate(self.plan.borders(count)):
            rows = order[first:last]
            moves = None
            if self.shift and epoch is not None:
                moves = self.plan.moves(len(rows), self.shift, epoch=epoch, index=index)
            yield self._batch(rows, moves)

    def _batch(self, rows: Ints, moves: Ints | None) -> Batch:
        own = self.plan.own(rows)
        inputs = self.samples.inputs(own, None if moves is None else self.plan.own(moves))
        arrays = inputs if isinstance(inputs, tuple) else (inputs,)
        tensors = tuple(torch.from_numpy(array) for array in arrays)
        return Batch(tensors, torch.from_numpy(self.samples.targets(own)), len(rows))


class Plan:
    """How samples are dealt: the same for one process and for many, but for who takes which rows."""

    def __init__(self, *, seed: int, batch_size: int, rank: int = 0, world: int = 1, least: int = 1) -> None:
        """Keep how the samples are dealt.

        Args:
            seed: Orders and moves follow from it, the epoch, and the position of the batch.
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
        """Return the order of the samples in ``epoch``."""
        return np.random.default_rng((self.seed, epoch)).permutation(count)

    def moves(self, rows: int, shift: int, *, epoch: int, index: int) -> Ints:
        """Return by how many pixels each image of a step is moved down and right."""
        generator = np.random.default_rng((self.seed, epoch, index))
        return generator.integers(-shift, shift + 1, size=(rows, 2))

    def own(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return this process's part of the rows of a step."""
        return rows if self.world == 1 else np.array_split(rows, self.world)[self.rank]
