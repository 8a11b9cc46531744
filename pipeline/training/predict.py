"""Answers of a network to every sample of a split, once and in order, on one device."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from torch import Tensor

from pipeline.model.net import HybridNet
from pipeline.preprocessing.stream import Floats, SplitReader
from pipeline.training.batches import Batches, Plan, Samples
from pipeline.training.module import Net

ROWS = 512
"""Samples read at once; no gradient is kept, so more fit than in training."""


def predict(net: Net, samples: Samples, *, device: torch.device) -> Floats:
    """Return what predictions tell, float32: ``(sample, class)`` or ``(sample, horizon, target)``."""
    with torch.inference_mode():
        answers = [net.head.decode(net(*inputs)).cpu() for inputs in _inputs(net, samples, device)]
    joined: Floats = torch.cat(answers).numpy()
    return joined


def write_features(net: HybridNet, reader: SplitReader, path: Path, *, device: torch.device) -> None:
    """Write what the extractor in front makes of each sample as ``.npy``, ``(sample, step, feature)`` float32."""
    features, first = None, 0
    with torch.inference_mode():
        for inputs in _inputs(net, reader, device):
            part = net.features(*inputs).float().cpu().numpy()
            if features is None:
                shape = (len(reader), *part.shape[1:])
                features = open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
            features[first : first + len(part)] = part
            first += len(part)
    if features is not None:
        features.flush()


def _inputs(net: Net, samples: Samples, device: torch.device) -> Iterator[tuple[Tensor, ...]]:
    """Yield the inputs of all samples on ``device``, with the network on it and not training."""
    net.to(device).eval()
    for batch in Batches(samples, Plan(seed=0, batch_size=ROWS)):
        yield tuple(tensor.to(device) for tensor in batch.inputs)
