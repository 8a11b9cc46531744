"""Deployments of a project that nobody serves any more: their times would pile up, and begin all at once one day."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.responses import DeploymentResponse
from prefect.states import Cancelled

from flows.predict import predict
from flows.retrain import retrain
from flows.runs.lock import is_served
from flows.schedules.job import Job, is_of_host
from flows.schedules.on_drift import retrain_on_drift
from flows.server.waiting import scheduled
from flows.showing.terminal import Terminal

FLOWS = {f"{flow.fn.__module__}.{flow.fn.__name__}": flow for flow in (retrain, predict)}
"""Entrypoint of a deployment → the flow that it runs."""

PAGE = 200
MESSAGE = "nobody serves this deployment any more"


def switch_off_unserved(project: Path, jobs: Sequence[Job]) -> None:
    """Switch off the schedule of every deployment of a project that is not among ``jobs`` and that nobody serves.

    Those of a work pool are left alone: a worker serves them. So are those that another process serves, or another
    machine. Who serves one again switches it on by that.
    """
    served = {job.title for job in jobs}
    with get_client(sync_client=True) as client:
        for found in list(_of_project(client, project)):
            flow = FLOWS[str(found.entrypoint)]
            title = f"{flow.name}/{found.name}"
            if title in served or is_served(project, title):
                continue
            if _switch_off(client, found):
                Terminal().line(
                    f"{title} is not served any more: its schedule, which nobody would run, is switched off"
                )
            if flow is retrain:
                retrain_on_drift(found.id, project, found.name, pause=None)


def _of_project(client: SyncPrefectClient, project: Path) -> Iterator[DeploymentResponse]:
    seen = 0
    while page := client.read_deployments(limit=PAGE, offset=seen):
        seen += len(page)
        for found in page:
            own = found.parameters.get("project") == str(project) and found.entrypoint in FLOWS
            if own and found.work_pool_name is None and is_of_host(found):
                yield found


def _switch_off(client: SyncPrefectClient, found: DeploymentResponse) -> bool:
    """Let a deployment have no time any more, and return whether it had one."""
    active = [schedule for schedule in found.schedules if schedule.active]
    for schedule in active:
        client.update_deployment_schedule(found.id, schedule.id, active=False)
    left = scheduled(client, found.id)
    for run in left:
        client.set_flow_run_state(run.id, Cancelled(message=MESSAGE), force=True)
    return bool(active or left)
