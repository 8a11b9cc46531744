"""Stages that a run never came to: Prefect would show them as waiting for ever."""

import logging
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.states import Cancelled

log = logging.getLogger("pipeline")


def cancel_unstarted(flow_run: UUID, why: str) -> None:
    """Show the tasks of a run that wait for one that did not go well as cancelled.

    A server that does not answer costs the picture and nothing else.
    """
    pending = TaskRunFilterStateType(any_=[StateType.PENDING])
    try:
        with get_client(sync_client=True) as client:
            waiting = client.read_task_runs(
                flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[flow_run])),
                task_run_filter=TaskRunFilter(state=TaskRunFilterState(type=pending)),
            )
            for run in waiting:
                client.set_task_run_state(run.id, Cancelled(message=f"not started: {why}"), force=True)
    except Exception as error:
        log.debug("tasks that never began are shown as waiting: %s", error)
