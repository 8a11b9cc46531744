"""From a name in ``baselines.kinds`` to the baseline."""

from typing import assert_never

from pipeline.baselines.base import Baseline
from pipeline.baselines.config import BaselineName, BaselinesConfig
from pipeline.baselines.gradient_boosting import GradientBoosting
from pipeline.baselines.holt_winters import HoltWinters
from pipeline.baselines.last_direction import LastDirection
from pipeline.baselines.last_value import LastValue
from pipeline.baselines.linear import Linear
from pipeline.baselines.logistic import Logistic
from pipeline.baselines.majority import Majority
from pipeline.baselines.mean import Mean
from pipeline.baselines.minirocket import MiniRocket
from pipeline.baselines.multirocket import MultiRocket
from pipeline.baselines.naive_bayes_svm import NaiveBayesSvm
from pipeline.baselines.no_change import NoChange
from pipeline.baselines.ridge import Ridge
from pipeline.baselines.seasonal import Seasonal
from pipeline.baselines.single_threshold import SingleThreshold


def build_baseline(name: BaselineName, config: BaselinesConfig, *, season: int | None) -> Baseline:
    """Return the unfitted baseline ``name``; mypy fails here if one is forgotten."""
    match name:
        case "majority":
            return Majority()
        case "mean":
            return Mean()
        case "logistic":
            return Logistic(config.max_rows)
        case "ridge":
            return Ridge(config.max_rows)
        case "last_value":
            return LastValue()
        case "no_change":
            return NoChange()
        case "last_direction":
            return LastDirection()
        case "seasonal_last":
            return Seasonal(season, periods=1)
        case "seasonal_mean":
            return Seasonal(season, config.periods)
        case "linear":
            return Linear(centre=False)
        case "nlinear":
            return Linear(centre=True)
        case "single_threshold":
            return SingleThreshold()
        case "gradient_boosting":
            return GradientBoosting(config.max_rows)
        case "naive_bayes_svm":
            return NaiveBayesSvm(config.max_rows)
        case "minirocket":
            return MiniRocket(config.max_rows)
        case "multirocket":
            return MultiRocket(config.max_rows)
        case "holt_winters":
            return HoltWinters(season)
        case _:
            assert_never(name)
