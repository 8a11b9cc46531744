"""What is expected of the rows: the section ``quality`` of ``params.yaml``."""

from typing import Annotated

from pydantic import Field, NonNegativeInt

from pipeline.foundation.section import Section


class QualityConfig(Section):
    """The gate between ingest and everything that learns."""

    suite: str = "quality.yaml"
    """File with the expectations, relative to the project; meant to be edited."""

    max_quarantined: Annotated[float, Field(ge=0.0, le=1.0)] = 0.05
    """Share of rows that may be set aside; more stops the run."""

    examples: NonNegativeInt = 5
    """Offending rows shown per broken expectation."""
