"""Runs whose process was killed: Prefect shows them as running for ever, unless somebody says otherwise."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Completed, Crashed, Failed

from flows.runs.record import Record, dead_runs, records, write_record

UNDER_WAY = (StateType.PENDING, StateType.RUNNING, StateType.CANCELLING)
HOLDERS = ("retrain", "compare")
"""Flows that hold the project while they run: when another holds it, none of them can be at work."""

ENDS = {"completed": Completed, "failed": Failed, "stopped": Cancelled, "crashed": Crashed}
"""How a record ended → the same in Prefect."""

JUST_BEGUN = timedelta(seconds=3)
NO_RECORD_YET = timedelta(minutes=5)
"""After this a flow that holds nothing has its record, or no process any more."""

MESSAGE = "its process was killed; finished stages are kept, and the next run goes on from there"


def settle_dead_runs(project: Path, server: str) -> list[str]:
    """Set the runs on ``server`` whose process is gone to Crashed, in Prefect and in their records.

    A dead run also keeps its place in a concurrency limit: forcing the state is what frees it.

    Returns:
        The names of those runs.
    """
    dead = [(folder, record) for folder, record in dead_runs(project) if record.server == server]
    if dead:
        with get_client(sync_client=True) as client:
            for folder, record in dead:
                settle(client, UUID(record.flow_run_id))
                write_record(folder, _crashed(record))
    return [record.run for _, record in dead]


def settle_untold(
    project: Path, mine: UUID, *, flows: Sequence[str] = HOLDERS, patience: timedelta = JUST_BEGUN
) -> None:
    """Settle runs that were killed before they had a record, or after it said how they ended and before Prefect knew.

    For flows that hold the project, the caller holds it. While it does, no other run of it is at work: one that has
    just begun is told so, and ends by itself. Other flows run side by side, and want patience.

    Args:
        project: Absolute.
        mine: The run of the caller.
        flows: Whose runs.
        patience: How long ago a run without a record has to have begun.
    """
    known = {record.flow_run_id: record for _, record in records(project)}
    states = FlowRunFilterState(type=FlowRunFilterStateType(any_=[*UNDER_WAY]))
    begun = datetime.now(UTC) - patience
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[*flows])),
            flow_run_filter=FlowRunFilter(state=states),
        )
        for run in found:
            if run.id == mine or run.parameters.get("project") != str(project):
                continue
            waits = run.state_type == StateType.PENDING and run.deployment_id is not None  # for its process
            if waits and run.state is not None:
                waits = run.state.timestamp > datetime.now(UTC) - NO_RECORD_YET
            if (record := known.get(str(run.id))) is not None:
                if record.state in ENDS:
                    settle(client, run.id, ENDS[record.state](message=record.message))
            elif not waits and (run.start_time or run.expected_start_time or begun) <= begun:
                settle(client, run.id)


def settle(client: SyncPrefectClient, flow_run: UUID, end: State[Any] | None = None) -> None:
    """Set a run, and what is open of its tasks, to how it ended; without ``end``: to crashed."""
    try:
        state = client.read_flow_run(flow_run).state
    except ObjectNotFound:  # the history was deleted
        return
    for task_run in client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[flow_run]))):
        if task_run.state is None or not task_run.state.is_final():
            client.set_task_run_state(task_run.id, Crashed(message=MESSAGE), force=True)
    if state is None or not state.is_final():
        client.set_flow_run_state(flow_run, end or Crashed(message=MESSAGE), force=True)


def _crashed(record: Record) -> Record:
    return replace(record, state="crashed", message=MESSAGE, exit_code=-9)
