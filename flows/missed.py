"""Times of a schedule that passed while nothing served it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Scheduled

PAGE = 200


def missed_times(deployment: str) -> list[datetime]:
    """Return the times of runs of a deployment that should have begun and did not, the oldest first.

    Asked before the deployment is made again: Prefect deletes what is scheduled when it is.
    """
    now = datetime.now(UTC)
    with get_client(sync_client=True) as client:
        waiting = _scheduled(client, deployment)
    times = [run.expected_start_time or run.next_scheduled_start_time for run in waiting]
    return sorted(time for time in times if time is not None and time < now)


def make_up(deployment: UUID, times: Sequence[datetime], parameters: dict[str, Any]) -> None:
    """Let the runs of ``times`` begin now, each as of its own time; the concurrency limit puts them in a row."""
    with get_client(sync_client=True) as client:
        for time in times:
            client.create_flow_run_from_deployment(
                deployment,
                parameters={**parameters, "as_of": time.isoformat()},
                state=Scheduled(scheduled_time=datetime.now(UTC)),
                name=f"missed-{time:%Y-%m-%dT%H%M}",
            )


def _scheduled(client: SyncPrefectClient, deployment: str) -> list[FlowRun]:
    found: list[FlowRun] = []
    while page := client.read_flow_runs(
        deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[deployment])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
        ),
        limit=PAGE,
        offset=len(found),
    ):
        found += page
    return found
