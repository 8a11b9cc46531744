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
    "seasonal_last",
    "seasonal_mean",
    "linear",
    "nlinear",
]


class BaselinesConfig(Section):
    """Floors without training, and linear rivals; those that do not fit the head are left out."""

    kinds: tuple[BaselineName, ...] = (
        "majority", "mean", "logistic", "ridge", "last_value", "seasonal_last", "seasonal_mean", "linear", "nlinear",
    )  # fmt: skip
    """Which to run."""

    season: PositiveInt | None = None
    """Time steps of one season (24 for hourly data with days); None: found in the training split."""

    periods: PositiveInt = 4
    """Seasons that `seasonal_mean` averages, as far as the window reaches."""

    max_rows: PositiveInt = 20_000
    """Training samples that logistic and ridge regression see at most, drawn with the seed."""
