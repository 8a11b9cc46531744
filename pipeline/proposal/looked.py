"""What a look into the files adds to a source that was found by names."""

from dataclasses import dataclass

from pipeline.proposal.choice import Choice
from pipeline.sources.config import SourceConfig


@dataclass(frozen=True)
class Looked:
    """A source with what was found, and why."""

    source: SourceConfig
    choices: tuple[Choice, ...]
    """The first one is about its kind."""

    warnings: tuple[str, ...] = ()
