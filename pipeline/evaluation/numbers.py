"""A single number per sample: the same errors in the other units, and a model that always says the same."""

import numpy as np

from pipeline.evaluation.forecast import ForecastErrors, ForecastTruth
from pipeline.evaluation.metrics import ErrorSums, mae, rmse
from pipeline.evaluation.samples import Floats, Ints
from pipeline.evaluation.wording import number

STILL = 0.01
"""Predictions that vary less than this share of how the truth varies are one number, told many times."""


def other_units(errors: ForecastErrors, deviation: float | None, *, scaled: bool) -> dict[str, float]:
    """Return the errors in the units of the source where the scores are in deviations, or the reverse.

    Args:
        errors: Of one model.
        deviation: Of the number over the training split; None where it is not known.
        scaled: Whether the scores are in deviations.
    """
    if deviation is None:
        return {}
    sums = ErrorSums.split(errors.binned.sum(axis=0))
    factor, name = (deviation, "original") if scaled else (1.0 / deviation, "scaled")
    return {f"mae_{name}": float(mae(sums)) * factor, f"rmse_{name}": float(rmse(sums)) * factor}


def only_number(truth: ForecastTruth, answer: Floats) -> str | None:
    """Return in words the number that is predicted for (nearly) every sample; None if all is well."""
    varies = float(truth.target.std(dtype=np.float64))
    if varies == 0 or float(answer.std(dtype=np.float64)) > STILL * varies:
        return None
    return f"nearly the same number, {number(float(answer.mean(dtype=np.float64)))},"


def worst(truth: ForecastTruth, answer: Floats, count: int) -> Ints:
    """Return the positions of the samples that are furthest from the truth, worst first."""
    error = np.abs(answer[:, 0, 0].astype(np.float64) - truth.target[:, 0, 0])
    return np.argsort(-error, kind="stable")[:count].astype(np.int64)
