"""How much room is left for what a run writes."""

import shutil
from pathlib import Path

GIB = 1 << 30
LEAST, FEW = 1.0, 5.0
"""GiB below which a run may not end, and below which somebody should know."""

MAKE_ROOM = "free some; flow.keep_snapshots and flow.keep_cache_days say how long data stay"


def free_gib(project: Path) -> float:
    """Return the GiB that are free on the disk of a project."""
    return shutil.disk_usage(project).free / GIB
