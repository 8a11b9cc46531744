"""What each extractor of vectors costs beside ``conv1d``: forward and backward over batches of 64 windows, 96 × 32.

Run with ``python benchmarks/extractors.py``. All kinds stand at their defaults and take turns, so that whatever else
the machine does falls on all of them; seconds are those of the processor. ``ragged`` reads the same batch as samples
of half to full length.
"""

import time

from pipeline.foundation.threads import keep_memory, use_threads

use_threads(1)

import torch  # noqa: E402 - the size of the thread pools has to be set before

from pipeline.extraction.base import Extractor  # noqa: E402
from pipeline.extraction.build import build_extractor  # noqa: E402
from pipeline.extraction.config import VECTOR_KINDS, Conv1dConfig  # noqa: E402
from pipeline.params import validated_config  # noqa: E402

BATCH, STEPS, CHANNELS = 64, 96, 32
ROUNDS = 5


def extractors() -> dict[str, Extractor]:
    """Return an extractor of each kind, and ``conv1d`` that looks far back."""
    made = {}
    for kind in VECTOR_KINDS:
        tree = {"preprocessing": {"kind": "images", "frames": "rows"}, "extraction": {"kind": kind}}
        made[kind] = build_extractor(validated_config(tree, kind).extraction, (CHANNELS,))
    causal = Conv1dConfig(features=(64,) * 4, pool=1, dilation=2, causal=True)
    return made | {"conv1d causal 1-2-4-8": build_extractor(causal, (CHANNELS,))}


def seconds(extractor: Extractor, x: torch.Tensor, lengths: torch.Tensor | None) -> float:
    """Return what a batch costs, forward and backward."""
    start = time.process_time()
    extractor(x, lengths).square().sum().backward()
    return time.process_time() - start


def main() -> None:
    """Print a line for each kind."""
    keep_memory()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x = torch.randn(BATCH, STEPS, CHANNELS, requires_grad=True)
    ways = {"even": None, "ragged": torch.randint(STEPS // 2, STEPS + 1, (BATCH,))}
    made = extractors()
    best = {(name, way): float("inf") for name in made for way in ways}
    for _ in range(ROUNDS):
        for (name, way), least in best.items():
            best[name, way] = min(least, seconds(made[name], x, ways[way]))
    for name, extractor in made.items():
        weights = sum(weight.numel() for weight in extractor.parameters())
        line = f"{name:22} {weights:9,} weights"
        for way in ways:
            ratio = best[name, way] / best["conv1d", way]
            line += f"   {way} {BATCH / best[name, way]:8,.0f} samples/s, {ratio:6.2f} × conv1d"
        print(line)


if __name__ == "__main__":
    main()
