"""What goes with samples made from a seed: nothing has to be guessed of them."""

from typing import Any, assert_never

from pipeline.sources.config import GeneratedConfig


def made_for(source: GeneratedConfig) -> dict[str, Any]:
    """Return the settings, section by section, that read the samples of ``source`` as they are meant."""
    match source.problem:
        case "motif_order" | "noise":
            return {"preprocessing": {"kind": "whole"}}
        case "hyperspectral":  # the wavelengths are the steps, the pixels of the square their channels
            return {
                "preprocessing": {
                    "kind": "images", "height": source.steps, "width": source.channels, "frames": "rows", "shift": 0,
                },
                "extraction": {"kind": "conv1d", "features": [32, 64], "epochs": 3},
            }  # fmt: skip
        case "stroke":  # an extractor and an encoder for each image series, and the columns before the head
            return {
                "preprocessing": {"kind": "clips", "colour": "rgb", "static": list(source.label_channels)},
                "model": {"streams": "each"},
            }
        case "volumes":  # the sequences are the steps
            return {
                "preprocessing": {
                    "kind": "clips", "frames": source.channels, "volumes": "files", "depth": source.steps,
                },
                "extraction": {"kind": "conv3d", "features": [8, 16], "epochs": 2},
            }  # fmt: skip
        case _:
            assert_never(source.problem)
