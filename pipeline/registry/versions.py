"""Version numbers: ``vMAJOR.MINOR.0``; another network is a new major, the same one on other data a new minor."""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator

from pipeline.registry.lineage import Lineage

FORM = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", re.ASCII)


def parts(version: str) -> tuple[int, ...]:
    """Return the three numbers of a version, which sort as versions do; nothing of what is none."""
    found = FORM.fullmatch(version)
    return tuple(map(int, found.groups())) if found else ()


def checked(name: str) -> str:
    """Return ``name`` if it is a version: folders are made and removed by it, and it may come from a stranger's clone.

    Raises:
        ValueError: It is none.
    """
    if not parts(name):
        raise ValueError(f"{name!r} is no version such as v1.0.0")
    return name


VersionName = Annotated[str, AfterValidator(checked)]


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
