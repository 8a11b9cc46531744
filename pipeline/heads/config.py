"""What is asked of the model: the section ``heads`` of ``params.yaml``."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, field_validator

from pipeline.foundation.section import Section


class ClassifyConfig(Section):
    """One of several classes for each sample."""

    kind: Literal["classify"] = "classify"

    class_weights: Literal["none", "balanced"] = "none"
    """`balanced`: rare classes weigh more in the loss; prediction is untouched by it."""

    label_smoothing: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    """Share of the target's probability spread over all classes."""


class ForecastConfig(Section):
    """The next values of some channels."""

    kind: Literal["forecast"] = "forecast"

    horizon: PositiveInt = 24
    """Time steps to forecast."""

    targets: tuple[str, ...] = ()
    """Channels to forecast; empty: all."""

    loss: Literal["mse", "mae", "huber", "pinball"] = "mse"
    """What training makes small; `pinball` forecasts `quantiles`, and the median among them is the prediction."""

    quantiles: tuple[Annotated[float, Field(gt=0.0, lt=1.0)], ...] = (0.1, 0.5, 0.9)
    """Which quantiles, rising, with 0.5 among them, for `loss: pinball`; the first and the last are the band that
    evaluation counts the covered values of."""

    @property
    def levels(self) -> tuple[float, ...]:
        """The quantiles that are forecast; none where a single number is."""
        return self.quantiles if self.loss == "pinball" else ()

    @field_validator("quantiles")
    @classmethod
    def _rise_through_the_median(cls, quantiles: tuple[float, ...]) -> tuple[float, ...]:
        rising = all(low < high for low, high in pairwise(quantiles))
        if not rising or 0.5 not in quantiles[1:-1]:
            raise ValueError(
                f"heads.quantiles={list(quantiles)} has to rise, with 0.5 between its first and its last; "
                f"give for example [0.1, 0.5, 0.9]"
            )
        return quantiles

    @field_validator("targets")
    @classmethod
    def _each_once(cls, targets: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in targets if targets.count(name) > 1})
        if twice:
            raise ValueError(f"heads.targets names {', '.join(twice)} more than once; name each channel once")
        return targets


class MultilabelConfig(Section):
    """Any number of labels for each sample."""

    kind: Literal["multilabel"] = "multilabel"

    separator: str = ","
    """What stands between the labels in a cell of the target."""

    class_weights: Literal["none", "balanced"] = "none"
    """`balanced`: a label's presence weighs as much as its absence, over the training split; prediction is untouched
    by it."""

    thresholds: Literal["half", "val"] = "val"
    """From which probability on a label is predicted: 0.5, or, per label, what gives the best F1 on val."""


class RegressConfig(Section):
    """A number for each sample."""

    kind: Literal["regress"] = "regress"

    name: str = "target"
    """What the number is called in the report; `convoy init` takes the name of its column."""

    loss: Literal["mse", "mae", "huber"] = "mse"
    """What training makes small."""


HeadConfig = Annotated[
    ClassifyConfig | MultilabelConfig | RegressConfig | ForecastConfig, Field(discriminator="kind")
]


def quantile_levels(config: HeadConfig) -> tuple[float, ...]:
    """Return the quantiles that the head forecasts; empty where it gives none."""
    return config.levels if isinstance(config, ForecastConfig) else ()
