"""A retrain for drift that no retrain has answered: one, and not before the pause is over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.states import Scheduled

from flows.server.waiting import scheduled
from flows.versions.named import time_name
from flows.watching.unanswered import unanswered

DELAY = timedelta(seconds=15)
"""From the event to the retrain: the run that told it ends first, and gives its place back."""


def ask_again(deployment: UUID, project: Path, pause: timedelta) -> datetime | None:
    """Let a retrain begin for drift that none has answered, unless one is to begin already.

    Args:
        deployment: What is started.
        project: Whose drift it is.
        pause: From one retrain that took drift up to the next at least.

    Returns:
        When it is to begin; None: nothing was asked for.
    """
    known = unanswered(project)
    if known.found is None:
        return None
    with get_client(sync_client=True) as client:
        if any(run.parameters.get("drift") for run in scheduled(client, deployment)):
            return None
        soon = datetime.now(UTC) + DELAY
        time = soon if known.began is None else max(soon, known.began + pause)
        client.create_flow_run_from_deployment(
            deployment,
            parameters={"drift": True},
            state=Scheduled(scheduled_time=time),
            name=f"drift-{time_name(time)}",
        )
    return time
