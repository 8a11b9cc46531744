"""How predictions are judged: the section ``evaluation`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from pipeline.evaluation.portfolio.config import NoPortfolioConfig, PortfolioConfig
from pipeline.foundation.section import Section


class EvaluationConfig(Section):
    """Intervals and pictures."""

    resamples: PositiveInt = 1000
    """Bootstrap resamples behind each interval."""

    confidence: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.95
    """Share of resamples inside an interval."""

    scores: Literal["scaled", "original"] = "scaled"
    """Units of forecast errors: deviations of the training split (comparable over channels), or the source's."""

    examples: PositiveInt = 6
    """Forecasts, or wrongly classified samples, shown in the report."""

    portfolio: PortfolioConfig = NoPortfolioConfig()
    """Whether forecasts of returns are bought, too: `none`, or `mean_variance`."""
