"""Names of what a project leaves in Prefect's UI: one per project and thing, so that its versions can be followed."""

import re
from pathlib import Path

LONGEST = 60


def key_of(project: Path, what: str) -> str:
    """Return the key of an artifact: Prefect allows small letters, digits and dashes."""
    slug = re.sub("[^a-z0-9]+", "-", project.resolve().name.lower()).strip("-")[:LONGEST].strip("-")
    return f"{slug or 'project'}-{what}"
