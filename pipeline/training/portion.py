"""Some samples that follow one another, whose targets nobody knows."""

import numpy as np

from pipeline.preprocessing.stream import Floats, Ints
from pipeline.training.batches import Samples


class Portion:
    """A stretch of samples to predict, so that the answers to all of them need not be held at once."""

    def __init__(self, samples: Samples, first: int, last: int) -> None:
        """Take the samples ``first`` to ``last``, the last one left out."""
        self.samples = samples
        self.first = first
        self.last = last

    def __len__(self) -> int:
        """Return the number of samples."""
        return self.last - self.first

    def lengths(self, positions: Ints) -> Ints | None:
        """Return the steps of each; None where all have as many."""
        return self.samples.lengths(positions + self.first)

    def inputs(self, positions: Ints, moves: Ints | None = None, flips: Ints | None = None) -> Floats | Ints:
        """Return the steps that the network reads, batch first."""
        return self.samples.inputs(positions + self.first, moves, flips)

    @property
    def second(self) -> "Portion | None":
        """The same samples in another form; None where there is one form."""
        second = self.samples.second
        return None if second is None else Portion(second, self.first, self.last)

    def static(self, positions: Ints) -> Floats | None:
        """Return what is known of each sample as a whole; None where nothing is."""
        return self.samples.static(positions + self.first)

    def windows(self, positions: Ints) -> Floats | None:
        """Return the windows themselves, where the inputs are their features."""
        return self.samples.windows(positions + self.first)

    def targets(self, positions: Ints) -> Floats:
        """Return a 0 for each: nothing is learnt from them, and the future of a series has no rows yet."""
        return np.zeros(len(positions), np.float32)
