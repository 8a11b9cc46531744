"""What the tier ``reference`` of a suite may say: how far the data may be from those accepted last."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt

from pipeline.foundation.section import Section
from pipeline.quality.bounds import NumberBounded
from pipeline.quality.rules_rows import Columns

ReferenceColumnMeasure = Literal["new_values", "missing_values", "psi", "ks", "null_rise"]
ReferenceTableMeasure = Literal["rows_ratio", "lost_days"]


class _Reference(NumberBounded):
    on_fail: Literal["stop", "warn"] = "warn"
    """`warn` says so in the log and in the report, `stop` ends the run."""


class ReferenceColumnRule(_Reference):
    """How far each of some columns has moved; `channels`, `categories` and `target` are words for columns."""

    rule: ReferenceColumnMeasure
    columns: Columns
    least_rows: Annotated[int, Field(ge=1)] = 200
    """With fewer values, here or there, distributions (`psi`, `ks`) differ by chance and are not compared."""

    examples: NonNegativeInt = 5
    """Values shown of those that are new or missing."""


class ReferenceTableRule(_Reference):
    """How far the table as a whole has moved."""

    rule: ReferenceTableMeasure


AnyReferenceRule = ReferenceColumnRule | ReferenceTableRule
ReferenceRule = Annotated[AnyReferenceRule, Field(discriminator="rule")]


class Proposed(Section):
    """A rule about the reference, and why it is there."""

    rule: AnyReferenceRule
    why: str


USUAL: tuple[Proposed, ...] = (
    Proposed(
        rule=ReferenceTableRule(rule="rows_ratio", min=0.9),
        why="Rows for each row that was accepted: fewer mean that some are lost.",
    ),
    Proposed(
        rule=ReferenceTableRule(rule="lost_days", max=0),
        why="Days that had rows when the data were accepted, and have none now.",
    ),
    Proposed(
        rule=ReferenceColumnRule(rule="new_values", columns=("categories", "target"), max=0),
        why="Categories and classes that were not there: nothing was learnt about them.",
    ),
    Proposed(
        rule=ReferenceColumnRule(rule="missing_values", columns=("categories", "target", "group"), max=0),
        why="Categories, classes and groups that are gone.",
    ),
    Proposed(
        rule=ReferenceColumnRule(rule="psi", columns=("channels", "categories", "target"), max=0.25),
        why="Population stability index: 0.1 is a little, 0.25 is another population.",
    ),
    Proposed(
        rule=ReferenceColumnRule(rule="ks", columns=("channels",), max=0.2),
        why="Kolmogorov-Smirnov: the largest distance of the two cumulative distributions.",
    ),
    Proposed(
        rule=ReferenceColumnRule(rule="null_rise", columns=("channels", "categories", "target"), max=0.05),
        why="Empty cells, as a share of the rows more than there were.",
    ),
)
"""What a suite that says nothing about the reference means, and what is proposed."""
