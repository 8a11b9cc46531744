"""Names of what a project leaves in Prefect's UI: one per project and thing, so that its versions can be followed."""

import re
from pathlib import Path

LONGEST = 60


def slug_of(project: Path) -> str:
    """Return the name of a project in small letters, digits and dashes."""
    slug = re.sub("[^a-z0-9]+", "-", project.resolve().name.lower()).strip("-")[:LONGEST].strip("-")
    return slug or "project"


def key_of(project: Path, what: str) -> str:
    """Return the key of an artifact: Prefect allows small letters, digits and dashes."""
    return f"{slug_of(project)}-{what}"
