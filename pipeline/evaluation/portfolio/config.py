"""How forecasts of returns become a portfolio: the setting ``evaluation.portfolio``."""

from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from pipeline.foundation.section import Section


class NoPortfolioConfig(Section):
    """Forecasts are judged as forecasts only."""

    kind: Literal["none"] = "none"


class MeanVarianceConfig(Section):
    """The weights that trade forecast return against risk, without short sales or loans.

    They are bought anew every `heads.horizon` steps; equal weight, and the weights of least variance, bought at the
    same times at the same costs, are the floors.

    Source:
        Markowitz (1952), "Portfolio Selection"; DeMiguel, Garlappi & Uppal (2009), "Optimal Versus Naive
        Diversification: How Inefficient is the 1/N Portfolio Strategy?" (costs, turnover, the floor).
    """

    kind: Literal["mean_variance"] = "mean_variance"

    costs: Annotated[float, Field(ge=0.0, lt=0.5)] = 0.001
    """What a trade costs, as a share of the value bought or sold: 0.001 is ten basis points, and to move everything
    from one asset to another costs it twice."""

    risk_aversion: PositiveFloat = 5.0
    """Weights maximise the mean minus half of this times the variance, both of the simple return over the horizon."""

    max_weight: Annotated[float, Field(gt=0.0, le=1.0)] = 0.2
    """Largest share of the wealth in one asset; where fewer assets than its inverse can be held, all weigh the same."""

    warm_up: Annotated[int, Field(ge=2)] = 60
    """Time steps at the start of the test split that nothing is held in: the first covariance is measured over them.
    An asset is held only if its return is known at each of so many steps before."""

    history: PositiveInt = 250
    """Time steps before a purchase that its covariance is measured over, at most; no fewer than `warm_up`."""

    @model_validator(mode="after")
    def _reaches_back(self) -> Self:
        if self.history < self.warm_up:
            raise ValueError(
                f"evaluation.portfolio.history={self.history} is the longest history of a covariance, and "
                f"evaluation.portfolio.warm_up={self.warm_up} the shortest; give a history of {self.warm_up} or more"
            )
        return self


PortfolioConfig = Annotated[NoPortfolioConfig | MeanVarianceConfig, Field(discriminator="kind")]
