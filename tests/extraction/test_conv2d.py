import pytest
import torch

from pipeline.extraction.config import Conv2dConfig
from pipeline.extraction.conv2d import Conv2dExtractor

FRAME = (1, 4, 6)


def extractor(steps):
    torch.manual_seed(0)
    return Conv2dExtractor(Conv2dConfig(features=(5,), pool=1, steps=steps), FRAME).eval()


@pytest.mark.parametrize(
    ("steps", "read"),
    [
        ("frames", lambda maps: maps.mean(dim=(3, 4)).reshape(2, 3, 5)),
        (
            "rows",
            lambda maps: torch.stack([maps[:, t, :, y] for t in range(3) for y in range(4)], 1).flatten(2),
        ),
        (
            "columns",
            lambda maps: torch.stack([maps[:, t, ..., x] for t in range(3) for x in range(6)], 1).flatten(2),
        ),
        (
            "cells",
            lambda maps: torch.stack(
                [maps[:, t, :, y, x] for t in range(3) for y in range(4) for x in range(6)], 1
            ),
        ),
        ("maps", lambda maps: maps),
    ],
)
def test_steps_run_through_one_frame_after_the_other(steps, read):
    network = extractor(steps)
    x = torch.randn(2, 3, *FRAME)
    maps = torch.stack([network.blocks(x[:, t]) for t in range(3)], dim=1)  # (B, T, F, h, w)

    torch.testing.assert_close(network(x), read(maps))


def test_every_frame_is_read_with_the_same_filters():
    network = extractor("rows")
    frame = torch.randn(2, 1, *FRAME)

    repeated = network(frame.repeat(1, 3, 1, 1, 1))

    torch.testing.assert_close(repeated[:, :4], repeated[:, 8:])
