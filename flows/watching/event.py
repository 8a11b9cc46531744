"""The event ``convoy.drift``: new data are not like those that a model was made from, or it has become worse."""

import logging
import os
from pathlib import Path
from typing import Any

from flows.programs.environment import silence_prefect
from flows.server.announced import find_server
from flows.server.history import PROJECT, use_server
from flows.server.server import BUSY_SECONDS, answers
from flows.showing.keys import slug_of
from flows.watching.history import Entry

EVENT = "convoy.drift"
PATIENCE_SECONDS = 5.0

log = logging.getLogger("pipeline")


def resource_of(project: Path) -> dict[str, str]:
    """Return what the event is about, as an automation finds it: the project, by its name and its folder."""
    project = project.resolve()
    return {"prefect.resource.id": f"convoy.project.{slug_of(project)}", "convoy.path": str(project)}


def tell(project: Path, entry: Entry, summary: str) -> bool:
    """Send the event to the server that ``PREFECT_API_URL`` names, or that stands for the project.

    Where no server answers nothing is sent, and nothing else changes.

    Args:
        project: Its folder.
        entry: What was found.
        summary: The same in a sentence.

    Returns:
        Whether a server was there to hear it.
    """
    if not _has_server(project):
        return False
    silence_prefect()
    logging.getLogger("EventsWorker").setLevel(
        logging.CRITICAL
    )  # it counts on the terminal what it still has to send
    from prefect.events import emit_event  # it takes a while to import, and only alarms need it
    from prefect.events.worker import EventsWorker

    payload: dict[str, Any] = {"summary": summary, **entry.model_dump(mode="json", exclude={"told"})}
    resource = {
        **resource_of(project),
        "prefect.resource.name": project.resolve().name,
        "convoy.model": entry.model,
    }
    try:
        sent = emit_event(event=EVENT, resource=resource, payload=payload) is not None
        EventsWorker.drain_all(timeout=PATIENCE_SECONDS)
    except Exception as error:
        log.warning("the event %s could not be sent: %s", EVENT, error)
        return False
    return sent


def _has_server(project: Path) -> bool:
    if url := os.environ.get("PREFECT_API_URL"):
        return answers(url, seconds=BUSY_SECONDS)
    standing = find_server(project)
    if standing is not None:
        use_server(standing, PROJECT)
    return standing is not None
