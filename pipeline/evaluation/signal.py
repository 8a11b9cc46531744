"""Is there anything to learn? Whether somebody who learns is clearly ahead of what learns nothing."""

import math
from collections.abc import Sequence
from statistics import NormalDist

from pipeline.evaluation.bootstrap import student
from pipeline.evaluation.judge import Standing


def unbeaten_floor(
    lines: Sequence[Standing], confidence: float, independent: float | None = None
) -> Standing | None:
    """Return the best floor if nothing that learns is clearly ahead of it; None if something is, or nobody can tell.

    In noise, one of many would be ahead by chance, so all of them share the error of one interval (Bonferroni): each
    interval is widened as one of Student's t would be.

    Args:
        lines: The leaderboard, best first.
        confidence: Of its intervals.
        independent: Independent draws behind them; None: many.
    """
    floor = next((line for line in lines if line.role == "floor"), None)
    learners = [line for line in lines if line.role != "floor"]
    wider = _quantile(confidence, len(learners), independent) / _quantile(confidence, 1, independent)
    for line in learners:
        if line.gain is None or line.gain_interval is None or not math.isfinite(line.gain):
            return None
        if line.gain - (line.gain - line.gain_interval[0]) * wider > 0:
            return None
    return floor


def _quantile(confidence: float, shared_by: int, independent: float | None) -> float:
    """Return how many deviations reach to the end of an interval that has its share of the error."""
    normal = NormalDist().inv_cdf(1.0 - (1.0 - confidence) / 2.0 / shared_by)
    return normal if independent is None else student(normal, independent - 1.0)
