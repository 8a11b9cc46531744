"""What a proposal counts: the rows that the proposed gate will let pass."""

from dataclasses import replace

from pipeline.quality.passing import passing
from pipeline.sources.base import SourceTable

COUNTED = ("series", "samples", "text")
"""Of pictures and recordings each proposal itself tells how many cannot be read."""


def kept(table: SourceTable) -> SourceTable:
    """Return ``table`` without the rows that will be set aside; all of it where nothing would be left."""
    if table.kind not in COUNTED:
        return table
    frame = table.frame.filter(passing(table))
    return table if frame.is_empty() else replace(table, frame=frame)
