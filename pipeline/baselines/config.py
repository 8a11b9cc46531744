"""What a hybrid has to beat: the section ``baselines`` of ``params.yaml``."""

from typing import Literal

from pydantic import PositiveInt

from pipeline.foundation.section import Section

BaselineName = Literal[
    "majority",
    "mean",
    "logistic",
    "ridge",
    "last_value",
    "no_change",
    "last_direction",
    "seasonal_last",
    "seasonal_mean",
    "linear",
    "nlinear",
    "single_threshold",
    "gradient_boosting",
    "naive_bayes_svm",
    "minirocket",
    "multirocket",
    "holt_winters",
]


class BaselinesConfig(Section):
    """Floors without training, and rivals without a network; those that do not fit head or data are left out."""

    kinds: tuple[BaselineName, ...] = (
        "majority", "mean", "logistic", "ridge", "last_value", "no_change", "last_direction", "seasonal_last",
        "seasonal_mean", "linear", "nlinear", "single_threshold", "gradient_boosting", "naive_bayes_svm",
        "minirocket", "holt_winters",
    )  # fmt: skip
    """Which to run; `multirocket` (four times the cost of `minirocket`) is by request."""

    season: PositiveInt | None = None
    """Time steps of one season (24 for hourly data with days); None: found in the training split."""

    periods: PositiveInt = 4
    """Seasons that `seasonal_mean` averages, as far as the window reaches."""

    max_rows: PositiveInt = 20_000
    """Training samples that a rival sees at most, drawn with the seed (MiniRocket: 4,000, MultiRocket: 2,000)."""
