"""The network: ``model.onnx``, in batches that are padded to their longest sample."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from .samples import Array, Samples

AT_ONCE = 256
"""Samples in a batch at most."""

NUMBERS = 1 << 22
"""Numbers in a batch at most, padding included."""


class Network:
    """Answers samples; what it is asked beside them changes nothing, and neither does padding."""

    def __init__(self, path: Path, about: Mapping[str, Any], *, threads: int = 0) -> None:
        """Load the network.

        Args:
            path: ``model.onnx``.
            about: ``network`` of ``preprocessing.json``.
            threads: That one call may use; 0: as onnxruntime likes.
        """
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        self.about = about
        self.session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def answer(self, samples: Samples) -> Array:
        """Return probabilities, or scaled numbers, of every sample, batch first."""
        parts, first = [], 0
        while first < len(samples.steps):
            count = self._fitting(samples.steps[first : first + AT_ONCE])
            parts.append(self._batch(samples, slice(first, first + count)))
            first += count
        return np.concatenate(parts) if parts else np.zeros((0, *self.about["answer"]), np.float32)

    def _fitting(self, steps: Sequence[Array]) -> int:
        """Return how many of the next samples are one batch."""
        longest = np.maximum.accumulate([each.size for each in steps])
        sizes = longest * np.arange(1, len(steps) + 1)
        return max(1, int((sizes <= NUMBERS).sum()))

    def _batch(self, samples: Samples, which: slice) -> Array:
        fed = self._padded("steps", samples.steps[which], least=self.about["least_steps"])
        if samples.second:
            fed |= self._padded("second", samples.second[which], least=self.about["second_least_steps"])
        if samples.static is not None:
            fed["static"] = samples.static[which]
        answer: Array = self.session.run(["answer"], fed)[0]
        return answer

    def _padded(self, name: str, steps: Sequence[Array], *, least: int) -> dict[str, Array]:
        """Return a stream with zeros behind each sample, and the lengths where the network reads them."""
        lengths = np.array([len(each) for each in steps], np.int64)
        width = max(int(lengths.max()), least)
        batch = np.zeros((len(steps), width, *steps[0].shape[1:]), steps[0].dtype)
        for place, each in enumerate(steps):
            batch[place, : len(each)] = each
        ragged = self.about["ragged"] or name == "second"
        length = "lengths" if name == "steps" else f"{name}_lengths"
        return {name: batch, length: lengths} if ragged else {name: batch}
