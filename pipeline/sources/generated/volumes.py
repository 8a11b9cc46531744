"""Scans of several sequences each, and the grade of a growth that is seen in them.

A growth of high grade has a dark middle and, in the sequence with contrast agent (``t1ce``), a bright rim; its outline
is uneven. One of low grade is even throughout. Size and place say nothing, and no sequence says it as clearly as all of
them. A patient is scanned several times: the same head, and the same growth at the same place, a little larger each
time, so a random split leaks.

It claims nothing of medicine: head and growth are ellipsoids with textures, and there are no scanners that differ.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.sources.config_generated import SEQUENCES, GeneratedConfig
from pipeline.sources.generated.smooth import Values, eight_bits, shares, smooth
from pipeline.sources.payload.gather import Row
from pipeline.sources.payload.pixels import raw

SIDE = 16
"""Height and width of a slice in voxels."""

NOISE = 0.12
"""Deviation of the noise of a voxel; light is between 0 and 1."""

RIM = {"flair": 0.02, "t1": 0.0, "t1ce": 0.18, "t2": 0.04}
MIDDLE = {"flair": -0.04, "t1": -0.05, "t1ce": -0.06, "t2": 0.06}
"""What a high grade adds to the rim and the middle of a growth in each sequence."""

GROWTH = {"flair": 0.25, "t1": -0.1, "t1ce": 0.05, "t2": 0.2}
"""How a growth differs from the tissue around it, whatever its grade."""


class Patient(NamedTuple):
    """A head and what grows in it."""

    tissue: Values
    """What it shows without a growth, shape ``(slice, height, width)``."""

    away: Values
    """Distance of each voxel from the middle of the growth, in radii of its first scan; uneven where it is high."""

    strength: float
    high: bool


def volumes(config: GeneratedConfig) -> Iterator[Row]:
    """Yield the slices of scan after scan, sequence after sequence; all sequences of a scan are one clip."""
    generator = np.random.default_rng((config.seed, config.steps, config.channels))
    patients = shares(generator, config.series, config.groups)
    grades = generator.permutation(np.arange(config.groups) % 2)
    for number in range(config.groups):
        patient = _patient(generator, config.steps, high=bool(grades[number]))
        for scan in range(int((patients == number).sum())):
            name, grown = f"patient_{number:05}", 1 + 0.05 * scan
            yield from _rows(generator, patient, config, name=name, clip=f"{name}:scan_{scan}", grown=grown)


def _rows(
    generator: np.random.Generator,
    patient: Patient,
    config: GeneratedConfig,
    *,
    name: str,
    clip: str,
    grown: float,
) -> Iterator[Row]:
    target = "high" if patient.high else "low"
    for place, sequence in enumerate(SEQUENCES[: config.channels]):
        for step, pixels in enumerate(_volume(generator, patient, sequence, grown)):
            origin = f"generated:{clip}:{sequence}:{step}"
            yield (origin, name, None, clip, place * config.steps + step, *raw(pixels), target)


def _patient(generator: np.random.Generator, slices: int, *, high: bool) -> Patient:
    shape = (slices, SIDE, SIDE)
    places = np.stack(np.meshgrid(*(np.linspace(-1, 1, size) for size in shape), indexing="ij"), axis=-1)
    radii = generator.uniform(0.3, 0.6) * generator.uniform(0.85, 1.2, 3)
    middle = generator.uniform(-0.3, 0.3, 3)
    away = np.linalg.norm((places - middle) / radii, axis=-1)
    uneven = smooth(generator, shape, shortest=4)
    head = np.linalg.norm(places[..., 1:], axis=-1) < 1
    tissue = head * (0.35 + 0.06 * smooth(generator, shape, shortest=6))
    return Patient(tissue, away + 0.1 * high * uneven, float(generator.uniform(0.3, 1.3)), high)


def _volume(
    generator: np.random.Generator, patient: Patient, sequence: str, grown: float
) -> NDArray[np.uint8]:
    """Return one sequence of one scan, shape ``(slice, height, width)``."""
    away = patient.away / grown
    inside, middle = away < 1, away < 0.6
    values = patient.tissue + GROWTH[sequence] * inside
    if patient.high:
        values = values + patient.strength * (RIM[sequence] * (inside & ~middle) + MIDDLE[sequence] * middle)
    return eight_bits(values + generator.normal(0.0, NOISE, values.shape))
