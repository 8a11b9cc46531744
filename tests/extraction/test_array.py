import torch
from torch.nn import functional as F

from pipeline.extraction.array import ArrayExtractor
from pipeline.extraction.config_vectors import ArrayConfig


def test_a_window_is_read_as_one_image_and_its_map_row_by_row():
    torch.manual_seed(0)
    config = ArrayConfig(features=(4,), pool=2, pool_channels=3, normalisation="none")
    network, x = ArrayExtractor(config, 7), torch.randn(2, 10, 7)
    layer = network.blocks[0].convolution

    image = F.conv2d(x.unsqueeze(1), layer.weight, layer.bias, padding=1).relu()
    map_ = F.max_pool2d(image, (2, 3))  # (B, 4, 5, 2)

    rows = torch.stack([map_[:, :, row].flatten(1) for row in range(5)], dim=1)
    torch.testing.assert_close(network(x), rows)


def test_normalisation_counts_every_place_of_the_image():
    network = ArrayExtractor(ArrayConfig(features=(3,), pool=1), 5)
    x = torch.randn(4, 6, 5)
    raw = network.blocks[0].convolution(F.pad(x.unsqueeze(1), network.blocks[0].pad))

    network(x)

    torch.testing.assert_close(network.blocks[0].then[0].running_mean, 0.1 * raw.mean(dim=(0, 2, 3)))
