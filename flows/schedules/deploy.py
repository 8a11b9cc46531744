"""`convoy deploy`: a flow of a project at a Prefect server that somebody keeps, run by process workers of a pool."""

import os
import sys
from pathlib import Path
from typing import Any

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL
from prefect.types.entrypoint import EntrypointType
from prefect.utilities.processutils import command_to_string
from prefect.workers.process import ProcessWorker

from flows.programs.environment import KEPT, QUIET, SERVED_VARIABLE
from flows.retrain import retrain
from flows.runs.lock import only_server_of
from flows.runs.secret_input import VARIABLE, is_kept
from flows.schedules.job import Job, deployed
from flows.schedules.on_drift import begin_on_drift
from flows.schedules.unserved import switch_off_unserved
from flows.server.abandoned import STARTING, settle_abandoned
from flows.server.dead import settle_dead_runs
from flows.server.history import history_name
from flows.server.server import BUSY_SECONDS, answers
from flows.showing.notify import notify_crashed
from flows.showing.terminal import Terminal
from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import ConfigError, MachineError


def deploy(project: Path, jobs: list[Job], pool: str) -> None:
    """Register the flows, and make the pool if there is none.

    Args:
        project: Folder with ``params.yaml`` and ``dvc.yaml``, absolute; the workers see it there, too.
        jobs: What is deployed.
        pool: Name of the work pool.

    Raises:
        BusyError: A `convoy serve` serves the project under this name.
        ConfigError: No server is named, the pool is none for processes, or the name is another project's.
        MachineError: The server does not answer.
    """
    url = server_url()
    with get_client(sync_client=True) as client:
        is_new = _require_pool(client, pool)
    known = [deployed(job) for job in jobs]
    with only_server_of(project, [job.title for job in jobs]):
        _register(project, jobs, known, pool)
    _tell(jobs, project, (pool, url), is_new=is_new)


def _register(project: Path, jobs: list[Job], known: list[DeploymentResponse | None], pool: str) -> None:
    notify_crashed(project, settle_dead_runs(project, history_name(project)))
    switch_off_unserved(project, jobs)
    for job, before in zip(jobs, known, strict=True):
        if before is not None:
            notify_crashed(project, settle_abandoned(project, before.id, STARTING))
        deployment: Any = _registered(job, before, project, pool).apply()
        if job.flow is retrain:
            begin_on_drift(deployment, project, job.name, pause=job.schedule.on_drift)


def server_url() -> str:
    """Return the address of the server: that of the environment, else that of the user's Prefect profile.

    Raises:
        ConfigError: Neither names one.
        MachineError: It does not answer.
    """
    url = os.environ.get("PREFECT_API_URL") or PREFECT_API_URL.value()
    if not url:
        raise ConfigError(
            "PREFECT_API_URL is not set, so there is no server to deploy to; start one with `prefect server start`, "
            "then `export PREFECT_API_URL=http://127.0.0.1:4200/api` (`convoy serve` needs none)"
        )
    if not answers(url, seconds=BUSY_SECONDS):
        raise MachineError(
            f"no Prefect server answers at PREFECT_API_URL={shown(url)}; start it "
            f"(`prefect server start`), or correct that"
        )
    os.environ["PREFECT_API_URL"] = url
    return url


def worker_variables(project: Path) -> dict[str, object]:
    """Return what a process worker needs to know of the project: this Python, the folder, and who belongs to whom."""
    return {
        "command": command_to_string([sys.executable, "-m", "prefect.engine"]),
        "working_dir": str(project),
        "env": {**QUIET, SERVED_VARIABLE: "1"},
    }


def _require_pool(client: SyncPrefectClient, name: str) -> bool:
    """Make the pool if there is none, and return whether that was so."""
    try:
        kind = client.read_work_pool(name).type
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        client.create_work_pool(WorkPoolCreate(name=name, type="process", base_job_template=template))
        return True
    if kind != "process":
        raise ConfigError(
            f"the work pool {name} is of type {kind}, and a project is run by processes beside its folder; name "
            f"another pool with --work-pool, it is made if there is none"
        )
    return False


def _registered(job: Job, before: DeploymentResponse | None, project: Path, pool: str) -> RunnerDeployment:
    return RunnerDeployment.from_flow(
        job.flow,
        name=job.name,
        schedule=job.times(before),
        parameters=job.parameters,
        concurrency_limit=job.limit,
        tags=job.tags,
        work_pool_name=pool,
        job_variables=worker_variables(project),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


def _tell(jobs: list[Job], project: Path, where: tuple[str, str], *, is_new: bool) -> None:
    terminal, (pool, url) = Terminal(), where
    for job in jobs:
        terminal.line(f"{job.title} is deployed at {shown(url).removesuffix('/api')}, {job.schedule}")
    made = "made" if is_new else "there"
    terminal.line(f"the work pool {pool} was {made}; a worker runs what is due, as long as it stands:")
    terminal.line(f"  prefect worker start --pool {pool} --type process")
    for source in (str(job.parameters.get("source", "")) for job in jobs):
        if not is_kept(source, project):
            terminal.line(f"to {KEPT} of the project, because its query may be a secret:")
            terminal.line(f"  {VARIABLE}=URL, {source} in full")
    terminal.line("once, now:")
    for job in jobs:
        terminal.line(f"  prefect deployment run {job.title}")
