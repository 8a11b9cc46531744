"""Is there anything to learn? Whether somebody who learns is clearly ahead of what learns nothing."""

from collections.abc import Sequence
from statistics import NormalDist

from pipeline.evaluation.judge import Standing


def unbeaten_floor(lines: Sequence[Standing], confidence: float) -> str | None:
    """Return the best floor if nothing that learns is clearly ahead of it; None if something is, or nobody can tell.

    In noise, one of many would be ahead by chance, so all of them share the error of one interval (Bonferroni): each
    interval is widened as that of a normal distribution would be.
    """
    floor = next((line.name for line in lines if line.role == "floor"), None)
    learners = [line for line in lines if line.role != "floor"]
    one, each = (NormalDist().inv_cdf(1 - (1 - confidence) / 2 / count) for count in (1, len(learners)))
    for line in learners:
        if line.gain is None or line.gain_interval is None:
            return None
        if line.gain - (line.gain - line.gain_interval[0]) * each / one > 0:
            return None
    return floor
