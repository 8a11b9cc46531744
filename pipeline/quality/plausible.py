"""What some measurements can be, told by the names of their columns: outside, a value is a slip of the pen."""

import re
from dataclasses import dataclass

from pipeline.quality.sketch import QUANTILES

FAR = 20.0
"""A value is far out beyond so many times the distance from the median to the outermost percent."""


@dataclass(frozen=True)
class Plausible:
    """Bounds, and what they are about."""

    low: float
    high: float
    about: str


_KNOWN: tuple[tuple[str, Plausible], ...] = (
    (r"ap_?hi|sbp|systol\w*|sys_?bp", Plausible(40, 300, "a systolic blood pressure in mmHg")),
    (r"ap_?lo|dbp|diastol\w*|dia_?bp", Plausible(20, 200, "a diastolic blood pressure in mmHg")),
    (r"heart_?rate|pulse|bpm|hr", Plausible(20, 300, "a heart rate per minute")),
    (r"resp\w*_?rate", Plausible(2, 100, "breaths per minute")),
    (r"spo2|o2_?sat\w*|oxygen_?saturation", Plausible(20, 100, "an oxygen saturation in percent")),
    (r"body_?temp\w*", Plausible(25, 45, "a body temperature in °C")),
    (r"height(_?cm)?", Plausible(40, 250, "a height in cm")),
    (r"weight(_?kg)?", Plausible(1, 500, "a weight in kg")),
    (r"bmi", Plausible(8, 120, "a body mass index")),
    (r"age(_?years)?", Plausible(0, 125, "an age in years")),
    (r"lat|latitude", Plausible(-90, 90, "a latitude")),
    (r"lon|lng|long|longitude", Plausible(-180, 180, "a longitude")),
    (r"ph", Plausible(0, 14, "a pH")),
    (r"rh|(rel\w*_)?humidity", Plausible(0, 100, "a relative humidity in percent")),
)  # fmt: skip


def plausible(column: str) -> Plausible | None:
    """Return what a column of that name can be; None: nothing is known."""
    plain = re.sub(r"[\s.\-]+", "_", column.strip().lower())
    return next((found for pattern, found in _KNOWN if re.fullmatch(pattern, plain)), None)


def far_out(quantiles: list[float]) -> tuple[float | None, float | None]:
    """Return bounds beyond which single values lie far from all others; None on a side where none do.

    Half of the values and their outermost percents say how wide the column is; a slip of the pen
    (16,020 for 160.20) does not move them.
    """
    if len(quantiles) < QUANTILES:
        return None, None
    low, bottom, middle, top, high = (quantiles[at] for at in (0, 1, 50, 99, 100))
    floor, ceiling = middle - FAR * (middle - bottom), middle + FAR * (top - middle)
    return (
        floor if bottom < middle and low < floor else None,
        ceiling if top > middle and high > ceiling else None,
    )
