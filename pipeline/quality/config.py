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

    reference: str | None = None
    """Verdict of a run that was accepted (`verdict.json`), relative to the project; the new data are compared with it.
    It has to stand among the deps of `validate` in dvc.yaml; `convoy accept` does all of that. None: nothing to compare
    with."""
