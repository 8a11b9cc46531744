"""Patients with image series of their brain, an age and a severity, and how they fare.

Three series lie in the three bands of each slice, as a diffusion series, a FLAIR and a perfusion show a stroke: the
core of the lesion, the core more weakly, and the core with what is at risk around it. Some series of a patient may be
missing (the band is black), never all three. The outcome depends on the severity, the age and how much tissue is at
risk, which only the images say, and on chance: neither part alone tells all that can be told, and nothing tells
everything.

It claims nothing of medicine: the numbers and their weights are made up, the head is a ball, and a lesion an ellipsoid.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.sources.config_generated import GeneratedConfig
from pipeline.sources.generated.smooth import Values, eight_bits, smooth
from pipeline.sources.payload.gather import Row
from pipeline.sources.payload.pixels import raw

SIDE = 24
"""Height and width of a slice in pixels."""

MISSING = 0.25
"""Share of the series that are missing."""

NOISE = 0.06
"""Deviation of the noise of a voxel; light is between 0 and 1."""

WEIGHTS = {"severity": 1.2, "age": 0.8, "risk": 1.2, "chance": 1.0}
"""What the outcome depends on, per deviation of each."""


class Patient(NamedTuple):
    """What is known of a patient, and what decides how they fare; the last two in deviations."""

    age: float
    severity: float
    core: float
    risk: float
    poor: bool


def stroke(config: GeneratedConfig) -> Iterator[Row]:
    """Yield the slices of patient after patient, with the columns of ``label_channels`` before the target."""
    generator = np.random.default_rng((config.seed, config.steps, config.channels))
    for index in range(config.series):
        patient = draw_patient(generator)
        scan = _scan(generator, patient, config.steps)  # (slice, height, width, series)
        name = f"patient_{index:06}"
        facts = [getattr(patient, column) for column in config.label_channels]
        for step, pixels in enumerate(scan):
            target = "poor" if patient.poor else "good"
            yield (f"generated:{name}:{step}", name, None, name, step, *raw(pixels), *facts, target)


def draw_patient(generator: np.random.Generator) -> Patient:
    """Return a patient; the severity goes with the size of the core, the tissue at risk with neither."""
    core, risk, age, own, chance = generator.normal(size=5)
    severity = 0.5 * core + np.sqrt(1 - 0.5**2) * own
    said = {"severity": severity, "age": age, "risk": risk, "chance": chance}
    poor = sum(WEIGHTS[name] * value for name, value in said.items()) > 0
    points = float(np.clip(np.round(10 + 6 * severity), 0, 42))  # as the scale of the NIH counts
    return Patient(float(np.round(70 + 12 * age)), points, float(core), float(risk), bool(poor))


def _scan(generator: np.random.Generator, patient: Patient, slices: int) -> NDArray[np.uint8]:
    """Return the three series of a patient, shape ``(slice, height, width, series)``."""
    places = np.stack(np.meshgrid(*(np.linspace(-1, 1, n) for n in (slices, SIDE, SIDE)), indexing="ij"), -1)
    head = np.linalg.norm(places[..., 1:], axis=-1) < 0.95
    middle = generator.uniform(-0.35, 0.35, 3)
    away = np.linalg.norm((places - middle) / generator.uniform(0.8, 1.25, 3), axis=-1)
    size = 0.25 * np.exp(0.25 * patient.core)
    core = _edge(away, size)
    at_risk = _edge(away, size + 0.22 * np.exp(0.4 * patient.risk))
    tissue = 0.3 + 0.04 * smooth(generator, head.shape, shortest=6)
    series = np.stack([tissue + 0.5 * core, tissue + 0.25 * core, tissue + 0.3 * at_risk], axis=-1)
    series = series * head[..., None] + generator.normal(0.0, NOISE, series.shape)
    return eight_bits(series * _present(generator))


def _edge(away: Values, radius: float) -> Values:
    """Return 1 inside ``radius`` and 0 outside, with a soft edge."""
    return np.asarray(1 / (1 + np.exp((away - radius) / 0.05)))


def _present(generator: np.random.Generator) -> NDArray[np.bool_]:
    """Return which series a patient has, one at least, shape ``(series,)``."""
    present = generator.random(3) >= MISSING
    if not present.any():
        present[generator.integers(3)] = True
    return present
