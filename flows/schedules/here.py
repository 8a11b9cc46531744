"""A build step of ``prefect.yaml``: what `prefect deploy` has to know of the project in the folder."""

from pathlib import Path
from typing import Any

from flows.schedules.deploy import worker_variables


def here() -> dict[str, Any]:
    """Return the project's folder, and what a worker needs, as ``{{ here.… }}`` names them."""
    project = Path.cwd()
    return {"project": str(project), **worker_variables(project)}
