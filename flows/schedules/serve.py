"""Schedules: the flows of one project as deployments, run at their times until Ctrl-C."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows.programs.environment import SERVED_VARIABLE, be_quiet
from flows.programs.foreground import interrupts_for_this_process_alone, leave
from flows.runs.lock import only_server_of, only_serving
from flows.runs.secret_input import remember
from flows.runs.serving import told_as_serving
from flows.schedules.wishes import Wishes
from flows.server.announced import announced, find_server
from flows.server.history import PROJECT, history_name, use_server
from flows.server.server import BUSY_SECONDS, answers, kept_alive, start_standing
from flows.showing.terminal import Terminal
from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import MachineError
from pipeline.foundation.words import plural


def serve(project: Path, wishes: Wishes) -> None:
    """Run flows of ``project`` at their times until SIGINT or SIGTERM.

    Each run is a process of its own, and one of each flow at a time. The server is the one that ``PREFECT_API_URL``
    names, or one of the project's own that stands as long as this process does, and is started again if it is killed.

    Args:
        project: Folder with ``params.yaml`` and ``dvc.yaml``, absolute.
        wishes: Which flows, when, and what of times that meet or were missed.

    Raises:
        ConfigError: The times, the name, or input and output of a prediction are none.
        BusyError: Another process serves the project under this name, or with a server of its own.
        MachineError: The server does not start, or the one that ``PREFECT_API_URL`` names does not answer.
    """
    be_quiet()
    with interrupts_for_this_process_alone(), _server(project, wishes) as page:
        os.environ[SERVED_VARIABLE] = str(os.getpid())
        if wishes.prediction is not None:
            remember(wishes.prediction.source)
        Terminal().line(f"serving {project}: {wishes}")
        Terminal().line(f"{page}  (Ctrl-C ends it)")
        with told_as_serving(project, str(wishes), jobs=wishes.titles(project), server=page):
            _run(project, wishes)


@contextmanager
def _server(project: Path, wishes: Wishes) -> Iterator[str]:
    """Provide a server that schedules, and yield the address of its pages."""
    only = only_server_of(project, wishes.titles(project))
    if url := os.environ.get("PREFECT_API_URL"):
        if not answers(url, seconds=BUSY_SECONDS):
            raise MachineError(
                f"no Prefect server answers at PREFECT_API_URL={shown(url)}; start it, or unset that variable, and a "
                f"server of the project's own is started"
            )
        with only:
            yield shown(url).removesuffix("/api")
        return
    with only_serving(project), only, _own_server(project) as page:
        yield page


@contextmanager
def _own_server(project: Path) -> Iterator[str]:
    if standing := find_server(project):  # `convoy ui` keeps it, and could end first
        raise MachineError(
            f"`convoy ui` or another `convoy serve` keeps a server of this project at "
            f"{standing.removesuffix('/api')}, and this schedule would end with it; end that one first (one "
            f"`convoy serve` can retrain and predict)"
        )
    server = start_standing(project)
    try:
        server.wait_until_ready()
        use_server(server.url, PROJECT)
        with announced(project, server), kept_alive(server):
            yield server.page
    finally:
        server.stop()


def _run(project: Path, wishes: Wishes) -> None:
    from prefect.client.schemas.responses import DeploymentResponse
    from prefect.context import refresh_global_settings_context
    from prefect.runner import Runner
    from prefect.types.entrypoint import EntrypointType

    from flows.retrain import retrain
    from flows.schedules.job import Job, deployed, jobs_of
    from flows.schedules.missed import make_up, take_missed
    from flows.schedules.on_drift import begin_on_drift
    from flows.schedules.unserved import switch_off_unserved
    from flows.server.abandoned import NOBODY_ELSE, settle_abandoned
    from flows.server.dead import settle_dead_runs
    from flows.showing.notify import notify_crashed

    refresh_global_settings_context()  # the times were checked before there was an address
    # A run that was killed would keep the only place for ever.
    notify_crashed(project, settle_dead_runs(project, history_name(project)))
    jobs = jobs_of(project, wishes)
    known = [deployed(job) for job in jobs]  # before anything changes: one may be somebody else's
    switch_off_unserved(project, jobs)
    runner = Runner(name=project.name, pause_on_shutdown=False)

    def begin(job: Job, before: DeploymentResponse | None) -> None:
        if before is not None:
            notify_crashed(project, settle_abandoned(project, before.id, NOBODY_ELSE))
        missed = [] if before is None else take_missed(before)
        deployment: Any = runner.add_flow(
            job.flow,
            name=job.name,
            schedule=job.times(before),
            parameters=job.parameters,
            concurrency_limit=job.limit,
            tags=job.tags,
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        if job.flow is retrain:
            begin_on_drift(deployment, project, job.name, pause=job.schedule.on_drift)
        wanted = job.schedule.made_up(missed)
        if missed:
            Terminal().line(
                f"{job.title}: {plural(len(missed), 'time')} missed while nothing served; made up for now: "
                f"{len(wanted)}"
            )
        make_up(deployment, wanted, job.parameters)

    for job, before in zip(jobs, known, strict=True):
        begin(job, before)
    runner.handle_sigterm = leave  # type: ignore[method-assign]  # its own is a coroutine that nobody awaits
    asyncio.run(runner.start())
