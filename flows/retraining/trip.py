"""What the tasks of one run share."""

from dataclasses import dataclass, field
from datetime import datetime

from flows.runs.record import Recorder
from flows.runs.runner import Errand
from flows.showing.live import Live
from flows.showing.terminal import Terminal
from flows.versions.graph import Plan
from flows.watching.history import Entry
from pipeline.foundation.errors import PipelineError

PROMOTE = "promote"
"""The task after the last stage."""


@dataclass
class Trip:
    """One run under way."""

    errand: Errand
    plan: Plan
    recorder: Recorder
    terminal: Terminal
    live: Live
    as_of: datetime
    """The time that the run stands for."""

    drift: tuple[Entry, str] | None = None
    """How new data compare with those of the champion, and the same in a sentence."""

    errors: dict[str, PipelineError] = field(default_factory=dict)
    """Task → why it failed."""
