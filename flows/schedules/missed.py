"""Times of a schedule that passed while nothing served it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.responses import DeploymentResponse
from prefect.states import Cancelled, Scheduled

from flows.server.late import MESSAGE
from flows.server.times import times_between
from flows.server.waiting import scheduled
from flows.versions.named import time_name

MOST = 100
"""Times that are made up for at most, the newest; else a year off would become a year of runs."""


def take_missed(deployment: DeploymentResponse) -> list[datetime]:
    """Cancel the runs of a deployment that should have begun and did not, and return their times, the oldest first.

    Else they would all begin at once as soon as somebody serves it. Prefect makes runs for some days ahead only: after
    a longer time the schedule itself tells what else was missed.
    """
    now = datetime.now(UTC)
    times: set[datetime] = set()
    with get_client(sync_client=True) as client:
        for run in scheduled(client, deployment.id):
            time = run.expected_start_time
            if time is not None and time < now and not run.parameters.get("drift"):  # that asks for no time
                client.set_flow_run_state(run.id, Cancelled(message=MESSAGE), force=True)
                times.add(time)
    if times:
        schedules = [known.schedule for known in deployment.schedules if known.active]
        times.update(times_between(schedules, max(times) + timedelta(seconds=1), now))
    return sorted(times)[-MOST:]


def make_up(deployment: UUID, times: Sequence[datetime], parameters: dict[str, Any]) -> None:
    """Let the runs of ``times`` begin now, each as of its own time; the concurrency limit puts them in a row."""
    with get_client(sync_client=True) as client:
        for time in times:
            client.create_flow_run_from_deployment(
                deployment,
                parameters={**parameters, "as_of": time.isoformat()},
                state=Scheduled(scheduled_time=datetime.now(UTC)),
                name=f"missed-{time_name(time)}",
            )
