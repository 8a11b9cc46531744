"""Runs that were taken up and lost before they had a record.

A server lets a deployment run once at a time. A run whose process ended between the moment it was taken and its first
word would keep that place for ever, and every later time would be left out.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psutil
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun

from flows.programs.processes import is_alive
from flows.runs.record import Record, records
from flows.server.dead import ENDS, UNDER_WAY, settle

NOBODY_ELSE = timedelta()
"""Patience of who alone can run a deployment: whatever is under way without a living process was lost."""

STARTING = timedelta(minutes=2)
"""Patience beside workers: so long may one take from a run to its process."""


def settle_abandoned(project: Path, deployment: UUID, patience: timedelta) -> list[str]:
    """Set the runs of a deployment that nobody works on to crashed, which frees their place; return their names.

    Args:
        project: Absolute; its records say which runs live. They run on this machine.
        deployment: Whose runs.
        patience: How long ago a run without a record has to have changed. What is older than this machine's start was
            lost in any case.
    """
    known = {record.flow_run_id: record for _, record in records(project)}
    states = FlowRunFilterState(type=FlowRunFilterStateType(any_=[*UNDER_WAY]))
    settled = []
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(
            deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment])),
            flow_run_filter=FlowRunFilter(state=states),
        )
        for run in found:
            record = known.get(str(run.id))
            if record is not None and record.state in ENDS:
                settle(client, run.id, ENDS[record.state](message=record.message))
            elif _is_lost(run, record, patience):
                settle(client, run.id)
                settled.append(run.name)
    return settled


def _is_lost(run: FlowRun, record: Record | None, patience: timedelta) -> bool:
    if record is not None:
        return not is_alive(record.process)
    since = run.state.timestamp if run.state is not None else datetime.now(UTC)
    started = datetime.fromtimestamp(psutil.boot_time(), UTC)
    return since < started or since <= datetime.now(UTC) - patience
