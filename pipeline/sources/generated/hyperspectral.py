"""Pixels of fields, each a spectrum with those of its neighbours: made so that a random split leaks.

A field is a mixture of a few materials that changes slowly from pixel to pixel. The spectrum of a material is its own
spectrum in general, and what it is in this field (another variety, soil or light), which is larger: only what is true
of all fields helps with a new one. Neighbouring samples share pixels, noise and all.

It claims nothing of real sensors: there is no atmosphere, no sensor with bands of different quality, and the materials
have no names.
"""

from collections.abc import Iterator

import numpy as np

from pipeline.sources.config_generated import FIELD, GeneratedConfig
from pipeline.sources.generated.smooth import Values, eight_bits, shares, smooth
from pipeline.sources.payload.gather import Row
from pipeline.sources.payload.pixels import raw

MATERIALS = ("concrete", "grass", "soil", "water")

APART = 0.05
"""Deviation of a material's spectrum from what all materials have in common; light is between 0 and 1."""

LOCAL = 0.08
"""Deviation of its spectrum in one field from that in general."""

NOISE = 0.05
"""Deviation of the noise of each pixel at each wavelength."""

MIXED = 1.5
"""How much more there is of one material than of another: e to this power, per deviation."""


def hyperspectral(config: GeneratedConfig) -> Iterator[Row]:
    """Yield one image per pixel: a row per wavelength, a column per pixel of the square around it.

    The target is the material that there is most of in the pixel itself; the group is the field.
    """
    generator = np.random.default_rng((config.seed, config.steps, config.channels))
    general = _spectra(generator, config.steps, APART) + _spectra(generator, config.steps, APART)[:1] + 0.5
    fields = shares(generator, config.series, config.groups)
    around = round(config.channels**0.5) // 2
    for field in range(config.groups):
        own = general + _spectra(generator, config.steps, LOCAL)  # (material, wavelength)
        mixture = _mixture(generator, FIELD + 2 * around)  # (height, width, material)
        light = mixture @ own + generator.normal(0.0, NOISE, (*mixture.shape[:2], config.steps))
        count = int((fields == field).sum())
        for place in np.sort(generator.permutation(FIELD**2)[:count]).tolist():
            down, across = divmod(place, FIELD)
            square = light[down : down + 2 * around + 1, across : across + 2 * around + 1]
            pixels = eight_bits(square.reshape(-1, config.steps).T)  # (wavelength, pixel)
            most = int(mixture[down + around, across + around].argmax())
            name = f"field_{field:04}"
            yield (f"generated:{name}:{down}:{across}", name, None, *raw(pixels), MATERIALS[most])


def _spectra(generator: np.random.Generator, steps: int, deviation: float) -> Values:
    """Return one smooth spectrum per material, shape ``(material, wavelength)``."""
    spectra = [smooth(generator, (steps,), shortest=steps / 6) for _ in MATERIALS]
    return deviation * np.stack(spectra)


def _mixture(generator: np.random.Generator, side: int) -> Values:
    """Return how much of each material is in each pixel, shape ``(height, width, material)``; it adds up to 1.

    A field has more of some materials than of others everywhere, and each changes over some ten pixels.
    """
    maps = [smooth(generator, (side, side), shortest=FIELD) + generator.normal() for _ in MATERIALS]
    weights = np.exp(MIXED * np.stack(maps, axis=-1))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))
