"""The batches of a split: one vectorised read each."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from pipeline.model.inputs import Beside, Inputs, Stream
from pipeline.preprocessing.stream import Floats, Ints
from pipeline.training.plan import Draw, Plan


class Samples(Protocol):
    """Anything that gives samples by their positions."""

    def __len__(self) -> int:
        """Return the number of samples."""
        ...

    def lengths(self, positions: Ints) -> Ints | None:
        """Return the steps of each, shape ``(batch,)``; None where all have as many."""
        ...

    def inputs(self, positions: Ints, moves: Ints | None = None, flips: Ints | None = None) -> Floats | Ints:
        """Return the steps that the network reads, batch first."""
        ...

    @property
    def second(self) -> "Samples | None":
        """The same samples in another form, in the same order; None where there is one form."""
        ...

    def static(self, positions: Ints) -> Floats | None:
        """Return what is known of each sample as a whole, ``(batch, static)``; None where nothing is."""
        ...

    def windows(self, positions: Ints) -> Floats | None:
        """Return the windows themselves, where the inputs are their features and their level is put back."""
        ...

    def targets(self, positions: Ints) -> Floats | Ints:
        """Return what it should answer, batch first."""
        ...


class Batch(NamedTuple):
    """This process's part of one step."""

    inputs: Inputs
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
        plan: Plan,
        *,
        epoch: Callable[[], int] | None = None,
        draw: Draw | None = None,
    ) -> None:
        """Keep what the batches are made of.

        Args:
            samples: The split.
            plan: How its samples are dealt.
            epoch: For training: asked for the number of finished epochs whenever one begins; None: samples are
                read as they lie.
            draw: For training: what is done with them.
        """
        self.samples = samples
        self.plan = plan
        self.epoch = epoch
        self.draw = draw or Draw()

    def __len__(self) -> int:
        """Return the number of steps in an epoch, the same in every process."""
        return len(self.plan.borders(len(self.samples)))

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches of an epoch: in a new order if it is for training, else as they lie."""
        count = len(self.samples)
        epoch = self.epoch() if self.epoch else None
        order = np.arange(count) if epoch is None else self._drawn(epoch)
        for index, (first, last) in enumerate(self.plan.borders(count)):
            rows = order[first:last]
            if epoch is None:
                yield self._batch(rows)
            else:
                yield self._batch(rows, *self._changes(len(rows), epoch=epoch, index=index))

    def _drawn(self, epoch: int) -> Ints:
        """Return the order of an epoch of training."""
        everyone = np.arange(len(self.samples))
        if self.draw.balanced:
            order = self.plan.balanced(np.asarray(self.samples.targets(everyone), np.int64), epoch)
        else:
            order = self.plan.order(len(everyone), epoch)
        lengths = self.samples.lengths(order) if self.draw.buckets else None
        return order if lengths is None else self.plan.bucketed(order, lengths, epoch)

    def _changes(self, rows: int, *, epoch: int, index: int) -> tuple[Ints | None, Ints | None]:
        """Return by how much the images of a step are moved, and which are mirrored."""
        draw, plan = self.draw, self.plan
        moves = plan.moves(rows, draw.shift, epoch=epoch, index=index) if draw.shift else None
        flips = plan.flips(rows, draw.flip, epoch=epoch, index=index) if draw.flip != "none" else None
        return moves, flips

    def _batch(self, rows: Ints, moves: Ints | None = None, flips: Ints | None = None) -> Batch:
        own = self.plan.own(rows)
        moves, flips = (None if each is None else self.plan.own(each) for each in (moves, flips))
        samples, second = self.samples, self.samples.second
        beside = Beside(
            None if second is None else _stream(second, own),
            static=_tensor(samples.static(own)),
            windows=_tensor(samples.windows(own)),
        )
        inputs = Inputs(*_stream(samples, own, moves, flips), beside)
        return Batch(inputs, torch.from_numpy(samples.targets(own)), len(rows))


def _stream(samples: Samples, own: Ints, moves: Ints | None = None, flips: Ints | None = None) -> Stream:
    return Stream(torch.from_numpy(samples.inputs(own, moves, flips)), _tensor(samples.lengths(own)))


def _tensor(array: Floats | Ints | None) -> Tensor | None:
    return None if array is None else torch.from_numpy(array)
