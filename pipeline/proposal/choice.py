"""A proposal: a config, and why each thing in it was chosen."""

from dataclasses import dataclass, field
from typing import Any

from pipeline.config import Config
from pipeline.sources.base import SourceTable


@dataclass(frozen=True)
class Choice:
    """One setting that was chosen by looking at the data."""

    setting: str
    """As ``params.yaml`` spells it."""

    value: str
    reason: str


@dataclass(frozen=True)
class Wishes:
    """What the user said; None or empty: look at the data."""

    target: str | None = None
    time: str | None = None
    group: str | None = None
    horizon: int | None = None
    window: int | None = None
    ordered: bool = False
    """Whether the rows are in order, one step apart, so that no column has to say when."""

    text: str | None = None
    """Column with a text to read."""

    settings: dict[str, Any] = field(default_factory=dict)
    """Section → setting → value, as `-S` said; they outweigh every choice."""

    def said(self, section: str, name: str) -> Any:
        """Return the value of a setting that the user gave, or None."""
        node = self.settings.get(section)
        return node.get(name) if isinstance(node, dict) else None


@dataclass(frozen=True)
class Proposal:
    """A project as proposed."""

    config: Config
    choices: tuple[Choice, ...]
    table: SourceTable
    """The rows that were looked at."""

    warnings: tuple[str, ...] = ()
    """What the user should know or check before believing a score."""
