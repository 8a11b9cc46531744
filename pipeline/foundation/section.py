"""The base of every section of ``params.yaml``."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A frozen, closed group of settings; the string below each field is its documentation."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,  # JSON, which names trainings and keeps records, has neither
    )


class Report(BaseModel):
    """What a stage says about its work; written as ``report.json`` into the stage's folder.

    It holds no clock and no duration: equal inputs must give equal bytes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary: str
    """One sentence for a person: what the stage made of what it was given."""
