"""Version numbers: ``vMAJOR.MINOR.0``; another network is a new major, the same one on other data a new minor."""

import re
from collections.abc import Iterable

from pipeline.registry.lineage import Lineage

FORM = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def parts(version: str) -> tuple[int, ...]:
    """Return the three numbers of a version, which sort as versions do; nothing of what is none."""
    found = FORM.fullmatch(version)
    return tuple(map(int, found.groups())) if found else ()


def next_version(taken: Iterable[str], before: Lineage | None, now: Lineage) -> str:
    """Return a version above all that are taken.

    Args:
        taken: Versions that exist, here or as tags.
        before: The champion's lineage; None: there is none.
        now: The challenger's.
    """
    major, minor, _ = max(filter(None, map(parts, taken)), default=(0, 0, 0))
    if before is None or before.network != now.network:
        return f"v{major + 1}.0.0"
    return f"v{major}.{minor + 1}.0"
