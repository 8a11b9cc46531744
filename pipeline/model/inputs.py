"""What a network is given of a batch."""

from typing import NamedTuple, Self

import torch
from torch import Tensor


class Stream(NamedTuple):
    """A stream of every sample of a batch."""

    steps: Tensor
    """Shape ``(batch, step, *frame)``, or token ids ``(batch, step)``."""

    lengths: Tensor | None = None
    """Steps of each sample that are not padding, shape ``(batch,)``; None: all."""

    def to(self, device: torch.device) -> Self:
        """Return the stream on ``device``."""
        return self._replace(steps=self.steps.to(device), lengths=_moved(self.lengths, device))


class Beside(NamedTuple):
    """What a network is given beside the first stream; each part only where it reads such a part."""

    second: Stream | None = None
    """The same samples in another form: a text in characters beside words."""

    static: Tensor | None = None
    """What is known of each sample as a whole, shape ``(batch, static)``."""

    windows: Tensor | None = None
    """The windows themselves, where the first stream is their features and their level is put back."""

    def to(self, device: torch.device) -> Self:
        """Return all parts on ``device``."""
        second = None if self.second is None else self.second.to(device)
        return self._replace(
            second=second, static=_moved(self.static, device), windows=_moved(self.windows, device)
        )


NOTHING = Beside()


class Inputs(NamedTuple):
    """What a network's forward takes, in its order."""

    steps: Tensor
    """Of the first stream, as in :class:`Stream`."""

    lengths: Tensor | None = None
    beside: Beside = NOTHING

    def to(self, device: torch.device) -> Self:
        """Return all parts on ``device``."""
        return self._replace(
            steps=self.steps.to(device),
            lengths=_moved(self.lengths, device),
            beside=self.beside.to(device),
        )


def _moved(tensor: Tensor | None, device: torch.device) -> Tensor | None:
    return None if tensor is None else tensor.to(device)
