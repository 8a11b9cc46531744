"""Answers of a network to every sample of a split, once and in order, on one device."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pipeline.foundation.arrays import ArrayWriter
from pipeline.model.chain import Chain
from pipeline.model.inputs import Inputs
from pipeline.model.net import HybridNet
from pipeline.preprocessing.stream import Floats, SplitReader
from pipeline.training.batches import Batches, Samples
from pipeline.training.module import Net
from pipeline.training.plan import Plan

ROWS = 512
"""Samples read at once at most; no gradient is kept, so more fit than in training."""

NUMBERS = 1 << 24
"""Numbers read at once at most (64 MB): what a network makes of them is many times as large."""


def predict(
    net: Net, samples: Samples, *, device: torch.device, hear: Callable[[Floats], None] | None = None
) -> Floats:
    """Return what predictions tell, float32.

    ``(sample, class)``, ``(sample, label)``, ``(sample, 1)`` or ``(sample, horizon, target)``, with quantiles
    ``(sample, horizon, target, quantile)``, as the head decodes it.

    Args:
        net: The network.
        samples: What it answers.
        device: Where it runs.
        hear: Called for each batch with what the head reads, ``(sample, feature)``; of channels that are read one by
            one, their mean. Without it threads may share a network that is on ``device`` and does not train.
    """
    answers = []
    with torch.inference_mode(), _overheard(net, hear) as told:
        for inputs in _inputs(net, samples, device):
            answers.append(net.head.decode(net(*inputs)).cpu())
            told(len(inputs.steps))
    joined: Floats = torch.cat(answers).numpy()
    return joined


@contextmanager
def _overheard(net: Net, hear: Callable[[Floats], None] | None) -> Iterator[Callable[[int], None]]:
    """Give a function that hands on what the head has read of so many samples since its last call."""
    if hear is None:
        yield lambda _samples: None
        return
    read: list[Tensor] = []
    hook = net.head.register_forward_pre_hook(lambda _head, given: read.append(given[0]))

    def told(samples: int) -> None:
        hear(_per_sample(read, samples))
        read.clear()

    try:
        yield told
    finally:
        hook.remove()


def _per_sample(read: Sequence[Tensor], samples: int) -> Floats:
    """Return what the head read, ``(sample, feature)``."""
    joined = torch.cat(list(read)).float()
    each: Floats = joined.reshape(samples, -1, joined.shape[-1]).mean(dim=1).cpu().numpy()
    return each


def write_features(
    net: HybridNet | Chain,
    reader: SplitReader,
    path: Path,
    *,
    device: torch.device,
    lengths: Path | None = None,
) -> None:
    """Write what the extractor in front makes of each sample as ``.npy``, float32.

    Args:
        net: The network, which reads the first stream; or the chain that reads the second.
        reader: The samples, of that stream.
        path: Where the features go: ``(sample, step, *frame)``, mostly vectors; of samples with lengths of their own
            ``(step, *frame)``, all steps of one sample after those of the one before.
        device: Where the network runs.
        lengths: Where the number of steps of each sample goes, if they have lengths of their own.
    """
    step, steps = net.extracted_frame, net.extractor.count_steps(reader.meta.window)
    frame = (steps, *step) if lengths is None else step
    with ArrayWriter(path, np.float32, frame) as features, torch.inference_mode():
        counts = [_write(net, inputs, features) for inputs in _inputs(net, reader, device)]
    if lengths is not None:
        np.save(lengths, torch.cat(counts).numpy())


def _write(net: HybridNet | Chain, inputs: Inputs, features: ArrayWriter) -> Tensor:
    """Write the features of a batch and return how many steps each sample has."""
    found = net.features(inputs.steps, inputs.lengths).float().cpu()  # (B, S, F)
    if inputs.lengths is None:
        features.append(found.numpy())
        return torch.full((len(found),), found.shape[1])
    counts = net.extractor.count_lengths(inputs.lengths.cpu())
    features.append(found[torch.arange(found.shape[1]) < counts[:, None]].numpy())
    return counts


def _inputs(net: Net | Chain, samples: Samples, device: torch.device) -> Iterator[Inputs]:
    """Yield the inputs of all samples on ``device``, with the network on it and not training."""
    if net.training or next(net.parameters()).device != device:
        net.to(device).eval()  # an LSTM forgets its weights for a moment, also where nothing is moved
    for batch in Batches(samples, Plan(seed=0, batch_size=_rows(samples))):
        yield batch.inputs.to(device)


def _rows(samples: Samples) -> int:
    """Return how many samples are read at once, by the size of the first ones."""
    some = np.arange(min(len(samples), 8))
    both = [samples] if samples.second is None else [samples, samples.second]
    numbers = sum(int(each.inputs(some).size) for each in both) // max(len(some), 1)
    return max(1, min(ROWS, NUMBERS // max(numbers, 1)))
