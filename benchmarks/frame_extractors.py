"""How many images per second each extractor of images trains on, beside ``conv2d``, with both layouts of memory.

``python benchmarks/frame_extractors.py`` prints a Markdown table; one thread, and seconds are those of the processor.
"""

import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.extraction.build import build_extractor
from pipeline.extraction.config import Conv2dConfig, ExtractionConfig
from pipeline.extraction.config_frames import ConvnextConfig, ResnetConfig, VggConfig

BATCH, SECONDS, ROUNDS = 32, 0.3, 2
KINDS: dict[str, ExtractionConfig] = {
    "conv2d 32-64": Conv2dConfig(steps="frames"),
    "vgg 11, width 0.25": VggConfig(depth=11, levels=4, width=0.25),
    "vgg 16, width 0.25": VggConfig(levels=4, width=0.25),
    "resnet 10, width 0.25": ResnetConfig(depth=10, width=0.25, stem="small"),
    "resnet 18, width 0.25": ResnetConfig(width=0.25, stem="small"),
    "resnet 18, width 1, wide stem": ResnetConfig(),
    "convnext 40-80, patch 2": ConvnextConfig(features=(40, 80), blocks=(2, 2), patch=2),
    "convnext atto, patch 2": ConvnextConfig(patch=2),
}


class Trained:
    """An extractor that does the work of training, but for the step of the optimiser."""

    def __init__(self, config: ExtractionConfig, side: int, layout: torch.memory_format) -> None:
        torch.manual_seed(0)
        self.extractor = build_extractor(config, (1, side, side)).to(memory_format=layout)
        self.x = torch.randn(BATCH, 1, 1, side, side)
        self.best = 0.0
        self.step()

    def step(self) -> None:
        """Go forward and backward once."""
        self.extractor.zero_grad()
        self.extractor(self.x).sum().backward()

    def measure(self) -> None:
        """Count steps, and keep the rate if it is the best so far."""
        start, steps = time.process_time(), 0
        while time.process_time() - start < SECONDS:
            self.step()
            steps += 1
        self.best = max(self.best, steps * BATCH / (time.process_time() - start))


def rates(config: ExtractionConfig, side: int) -> tuple[float, float, int]:
    """Return images per second with either layout, measured by turns, and the parameters."""
    both = [Trained(config, side, layout) for layout in (torch.contiguous_format, torch.channels_last)]
    for _ in range(ROUNDS):
        for trained in both:
            trained.measure()
    parameters = sum(weight.numel() for weight in both[0].extractor.parameters())
    return both[0].best, both[1].best, parameters


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    print("| extractor | side | parameters | images/s | of conv2d | channels last |")
    print("|---|---|---|---|---|---|")
    for side in (28, 64):
        first = 0.0
        for name, config in KINDS.items():
            plain, last, parameters = rates(config, side)
            first = first or plain
            print(
                f"| {name} | {side} | {parameters:,} | {plain:,.0f} | {plain / first:.3f} | {last / plain:.2f} times |",
                flush=True,
            )


if __name__ == "__main__":
    main()
