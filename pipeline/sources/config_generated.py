"""Problems whose answer is known because they were made: the section ``sources`` with ``kind: generated``."""

from typing import Literal, Self

from pydantic import NonNegativeInt, PositiveInt, model_validator

from pipeline.foundation.section import Section

MOTIF = 8
"""Steps of a motif."""

GAP = 12
"""Steps between two motifs and before and after them at least: filters that see one of them do not see the other."""

LEAST = 2 * MOTIF + 3 * GAP


class GeneratedConfig(Section):
    """Series made from a seed: a problem that needs local shapes and their order, or one without an answer."""

    kind: Literal["generated"] = "generated"

    problem: Literal["motif_order", "noise"] = "motif_order"
    """`motif_order`: in noise stand two short motifs, and the class says which one comes first; `noise`: uniform random
    numbers and random classes, the negative control: whatever does better than half has been let in by a leak."""

    series: PositiveInt = 1000
    """How many series; half of them of each class."""

    steps: PositiveInt = 64
    """Time steps of each."""

    channels: PositiveInt = 1
    """Channels of each; a motif stands in all of them, each with noise of its own."""

    seed: NonNegativeInt = 0
    """Of the series; equal seeds give equal series."""

    @model_validator(mode="after")
    def _motifs_fit(self) -> Self:
        if self.problem == "motif_order" and self.steps < LEAST:
            raise ValueError(
                f"sources.steps={self.steps} has no room for two motifs and the noise around them; "
                f"set steps to {LEAST} or more"
            )
        return self
