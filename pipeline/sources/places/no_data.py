"""Files beside data that are none: what systems and programs leave there."""

from pipeline.sources.places.listing import NOT_DATA

UNFINISHED = (
    ".tmp",
    ".temp",
    ".part",
    ".partial",
    ".crdownload",
    ".download",
    ".filepart",
    ".swp",
    ".lock",
    "~",
)
"""Ends of the names of files that a program is writing, or locks, or kept before it wrote."""


def is_no_data(name: str) -> bool:
    """Return whether a file is hidden, a lock, a backup, or half a download.

    Args:
        name: Path with ``/``, relative to the folder of the data.
    """
    parts = name.split("/")
    if any(part.startswith((".", "~$")) or part in NOT_DATA for part in parts):
        return True
    return parts[-1].lower().endswith(UNFINISHED)
