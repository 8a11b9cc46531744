"""Black and white of deep images: those of 16 or 32 bits, and floats.

The stream keeps 8 bits. Pillow would cut off everything above 255, so the range in use becomes 0 to 255; which one it
is, is learnt from the training images, and is the same for all, so that dark images stay darker than bright ones:

- whole numbers from 0 on: 0 to what the bits in use can hold (a camera with 12 bits stores them in 16);
- floats from 0 to 1, or to 255: just these;
- others (measured quantities, signed numbers): from the least to the greatest training value.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Ranges = NDArray[np.float64]
"""``(image, 3)``: least and greatest value of each, and 1 for floats; NaN for images of 8 bits."""

BYTE = 255.0
SHALLOW = (np.nan, np.nan, np.nan)
SIXTEEN = 2.0**16 - 1


@dataclass(frozen=True)
class Tones:
    """Values of deep images that become 0 and 255."""

    black: float
    white: float
    floats: bool = False

    @property
    def note(self) -> str:
        """Return what a person should know."""
        if self.floats or self.black:
            return (
                f"deep images are kept with 8 bits: {self.black:g} is read as black and {self.white:g} as white, as "
                f"training has them"
            )
        bits = int(self.white).bit_length()
        return (
            f"images deeper than 8 bits hold {bits} bits in training, so {int(self.white):,} is read as white, and "
            f"they are kept with 8 bits"
        )

    def as_json(self) -> dict[str, float]:
        """Return it for ``fitted.json``."""
        return {"black": self.black, "white": self.white}


def is_deep(image: Image.Image) -> bool:
    """Return whether a pixel holds more than 8 bits."""
    return image.mode.startswith(("I", "F"))


def range_of(image: Image.Image) -> tuple[float, float, float]:
    """Return an image's row of ``Ranges``."""
    if not is_deep(image):
        return SHALLOW
    values = np.nan_to_num(np.asarray(image, np.float64))
    return float(values.min()), float(values.max()), float(image.mode == "F")


def tones_of(ranges: Ranges) -> Tones | None:
    """Return the tones that hold all of some images; None where none of them is deep."""
    deep = ranges[~np.isnan(ranges[:, 0])]
    if not len(deep):
        return None
    return _holding(float(deep[:, 0].min()), float(deep[:, 1].max()), floats=bool(deep[:, 2].any()))


def eight_bits(image: Image.Image, tones: Tones | None = None) -> Image.Image:
    """Return a deep image with 8 bits; others as they are.

    Args:
        image: Any.
        tones: What becomes black and white; what lies beyond is cut off. None: whole numbers are divided by what 16
            bits hold, if that is enough, others by what holds this image.
    """
    if not is_deep(image):
        return image
    values = np.nan_to_num(np.asarray(image, np.float64))
    tones = tones or _own(*range_of(image))
    spread = (tones.white - tones.black) or 1.0
    shares = np.clip((values - tones.black) / spread, 0.0, 1.0)
    return Image.fromarray((shares * BYTE).round().astype(np.uint8))


def _own(low: float, high: float, floats: float) -> Tones:
    if low >= 0 and high <= SIXTEEN and not floats:
        return Tones(0.0, SIXTEEN)
    return _holding(low, high, floats=bool(floats))


def _holding(low: float, high: float, *, floats: bool) -> Tones:
    if low < 0 or (floats and high > BYTE):
        return Tones(low, high, floats)
    if floats:
        return Tones(0.0, 1.0 if high <= 1 else BYTE, floats)
    return Tones(0.0, 2.0 ** max(int(high).bit_length(), 8) - 1)


def is_default(tones: Tones, ranges: Ranges) -> bool:
    """Return whether images decoded without tones look as with these."""
    whole = tones == Tones(0.0, SIXTEEN) and not np.any(ranges[:, 2] == 1)
    return whole and not np.any((ranges[:, 0] < 0) | (ranges[:, 1] > SIXTEEN))
