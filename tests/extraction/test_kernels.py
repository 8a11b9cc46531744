import torch
from torch.nn import functional as F

from pipeline.extraction.config_vectors import KernelsConfig
from pipeline.extraction.kernels import KernelsExtractor


def test_the_maximum_over_the_steps_is_that_of_each_width_by_itself():
    """Kim's network, written out: convolve zero-padded texts with each width, keep each feature's largest value."""
    torch.manual_seed(0)
    network = KernelsExtractor(KernelsConfig(widths=(3, 5), filters=4), 6)
    x = torch.randn(2, 11, 6)

    found = network(x).amax(dim=1)

    largest = []
    for width, layer in zip((3, 5), network.convolutions, strict=True):
        padded = F.pad(x, (0, 0, width // 2, width // 2))
        windows = padded.unfold(1, width, 1)  # (B, T, C, width)
        scores = torch.einsum("btcw,fcw->btf", windows, layer.weight) + layer.bias
        largest.append(scores.relu().amax(dim=1))
    torch.testing.assert_close(found, torch.cat(largest, dim=1))


def test_a_text_shorter_than_every_filter_is_read():
    features = KernelsExtractor(KernelsConfig(filters=2), 3)(torch.randn(1, 1, 3))

    assert features.shape == (1, 1, 6) and features.isfinite().all()
