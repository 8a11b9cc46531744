"""Runs of a deployment that have not begun."""

from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType

PAGE = 200


def scheduled(client: SyncPrefectClient, deployment: UUID) -> list[FlowRun]:
    """Return the runs of a deployment that are to begin."""
    found: list[FlowRun] = []
    while page := client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
        ),
        limit=PAGE,
        offset=len(found),
    ):
        found += page
    return found
