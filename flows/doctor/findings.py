"""What `convoy doctor` found: one line each, with the way to mend it."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "problem", "mended"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    what: str
    mend: str = ""
    """What to do about it, as a command where there is one."""


def ok(what: str) -> Finding:
    """Return that all is well."""
    return Finding("ok", what)


def warn(what: str, mend: str = "") -> Finding:
    """Return something that works, but not as well as it could."""
    return Finding("warn", what, mend)


def problem(what: str, mend: str) -> Finding:
    """Return something that will break a run."""
    return Finding("problem", what, mend)
