"""Each kind that reads images or volumes learns where in a picture something lies, from a small set and in seconds."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from pipeline.extraction.build import build_extractor
from pipeline.extraction.config import Conv2dConfig
from pipeline.extraction.config_frames import Conv3dConfig, ConvnextConfig, ResnetConfig, VggConfig

IMAGES, VOLUMES = (1, 16, 16), (1, 4, 8, 8)
LEARNERS = [
    (Conv2dConfig(features=(8, 16), steps="frames"), IMAGES),
    (VggConfig(depth=11, levels=3, width=0.125), IMAGES),
    (ResnetConfig(depth=10, levels=3, width=0.125, stem="small"), IMAGES),
    (ConvnextConfig(features=(12, 24), blocks=(1, 1), patch=2), IMAGES),
    (Conv3dConfig(features=(8, 16)), VOLUMES),
]


def stripes(count, frame, seed):
    """Return noise with stripes that lie or stand, and which they do."""
    generator = torch.Generator().manual_seed(seed)
    target = torch.arange(count) % 2
    lying = (torch.arange(frame[-2]) % 4 < 2).float()[:, None].expand(frame[-2:])
    standing = (torch.arange(frame[-1]) % 4 < 2).float()[None, :].expand(frame[-2:])
    pattern = torch.where((target == 1)[:, None, None], lying, standing) * 2 - 1
    noise = torch.randn(count, 1, *frame, generator=generator)
    return noise + pattern.reshape(count, *[1] * (len(frame) - 1), *frame[-2:]), target


@pytest.fixture(autouse=True)
def one_thread():
    """Threads that wait for one another cost more than such small pictures."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("config", "frame"), LEARNERS, ids=[config.kind for config, _ in LEARNERS])
def test_a_small_problem_is_learnt(config, frame):
    torch.manual_seed(0)
    extractor = build_extractor(config, frame)
    probe = nn.Linear(extractor.out_features, 2)
    optimizer = torch.optim.AdamW([*extractor.parameters(), *probe.parameters()], lr=0.003)
    x, target = stripes(96, frame, seed=1)
    for _ in range(8):
        for rows in torch.arange(96).split(32):
            optimizer.zero_grad()
            F.cross_entropy(probe(extractor(x[rows]).mean(dim=1)), target[rows]).backward()
            optimizer.step()

    unseen, truth = stripes(200, frame, seed=2)
    with torch.no_grad():
        answer = probe(extractor.eval()(unseen).mean(dim=1)).argmax(dim=1)

    assert (answer == truth).float().mean() > 0.9  # chance is 0.5
