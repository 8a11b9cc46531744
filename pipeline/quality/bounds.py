"""Bounds of a rule: the smallest and the largest that is allowed."""

from typing import Self

from pydantic import FiniteFloat, NaiveDatetime, model_validator

from pipeline.foundation.section import Section

Bound = FiniteFloat | NaiveDatetime | None


class Bounded(Section):
    """A rule with `min`, `max` or both."""

    min: Bound = None
    """Smallest value allowed."""

    max: Bound = None
    """Largest value allowed."""

    @model_validator(mode="after")
    def _bounds_make_sense(self) -> Self:
        low, high = self.min, self.max
        if low is None and high is None:
            raise ValueError("it needs min, max or both")
        if low is not None and high is not None:
            if isinstance(low, float) != isinstance(high, float):
                raise ValueError(f"min={low} and max={high} must both be numbers or both be times")
            if low > high:  # type: ignore[operator]
                raise ValueError(f"min={low} is above max={high}, so nothing can hold")
        return self


class NumberBounded(Bounded):
    """A rule with bounds that are numbers."""

    min: FiniteFloat | None = None
    max: FiniteFloat | None = None
