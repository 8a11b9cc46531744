"""A schedule: the retrain flow as a deployment of one project, run at its times until Ctrl-C."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows.programs.environment import SERVED_VARIABLE, be_quiet
from flows.schedules.schedule import Schedule
from flows.server.history import PROJECT, history_name, use_server
from flows.server.server import announced, answers, find_server, kept_alive, start_standing
from flows.showing.terminal import Terminal
from pipeline.foundation.errors import ConfigError, MachineError
from pipeline.foundation.words import plural


def serve(project: Path, schedule: Schedule, *, name: str | None = None, promote: bool = True) -> None:
    """Run the flow of ``project`` at the times of ``schedule`` until SIGINT or SIGTERM.

    Each run is a process of its own, and one at a time. The server is the one that ``PREFECT_API_URL`` names, or one
    of the project's own that stands as long as this process does, and is started again if it is killed.

    Args:
        project: Folder with ``params.yaml`` and ``dvc.yaml``.
        schedule: When, and what of times that meet or were missed.
        name: Name of the deployment; without one, that of the folder.
        promote: Let the model of each run become the champion, if it is blessed.

    Raises:
        ConfigError: The folder is no project, or the times are none.
        MachineError: The server does not start, or the one that ``PREFECT_API_URL`` names does not answer.
    """
    project = project.resolve()
    for file in ("params.yaml", "dvc.yaml"):
        if not (project / file).is_file():
            raise ConfigError(
                f"{project} has no {file}; go to a project's folder, or name it with --project; "
                f"`convoy init DIR --data FILE` makes one"
            )
    be_quiet()
    times = schedule.of_prefect()
    with _server(project) as page:
        os.environ[SERVED_VARIABLE] = "1"
        Terminal().line(f"serving {project} {schedule}")
        Terminal().line(f"{page}  (Ctrl-C ends it; missed times are looked at when it begins again)")
        _run(project, schedule, times, name=name or project.name, promote=promote)


@contextmanager
def _server(project: Path) -> Iterator[str]:
    """Provide a server that schedules, and yield the address of its pages."""
    if url := os.environ.get("PREFECT_API_URL"):
        if not answers(url, seconds=10.0):
            raise MachineError(
                f"no Prefect server answers at PREFECT_API_URL={url}; start it, or unset that variable, and a server "
                f"of the project's own is started"
            )
        yield url.removesuffix("/api")
    elif standing := find_server(project):  # `convoy ui` keeps it, and could end first
        raise MachineError(
            f"`convoy ui` shows this project at {standing.removesuffix('/api')}, and the schedule would end with it; "
            f"end that one, and look at the page that `convoy serve` names"
        )
    else:
        server = start_standing(project)
        try:
            server.wait_until_ready()
            use_server(server.url, PROJECT)
            with announced(project, server), kept_alive(server):
                yield server.page
        finally:
            server.stop()


def _run(project: Path, schedule: Schedule, times: Any, *, name: str, promote: bool) -> None:
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.context import refresh_global_settings_context
    from prefect.runner import Runner
    from prefect.types.entrypoint import EntrypointType

    from flows.retrain import retrain
    from flows.schedules.missed import make_up, take_missed
    from flows.schedules.on_drift import retrain_on_drift
    from flows.server.dead import settle_dead_runs

    refresh_global_settings_context()  # the times were checked before there was an address
    # A run that was killed would keep the only place for ever.
    settle_dead_runs(project, history_name(project))
    missed = take_missed(name)
    strategy = {"skip": ConcurrencyLimitStrategy.CANCEL_NEW, "queue": ConcurrencyLimitStrategy.ENQUEUE}
    parameters = {"project": str(project), "promote": promote}
    runner = Runner(name=name, pause_on_shutdown=False)
    deployment: Any = runner.add_flow(
        retrain,
        name=name,
        schedule=times,
        parameters=parameters,
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=strategy[schedule.overlap]),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    retrain_on_drift(deployment, project, name, pause=schedule.on_drift)
    wanted = schedule.made_up(missed)
    if missed:
        Terminal().line(
            f"{plural(len(missed), 'time')} missed while nothing served; made up for now: {len(wanted)}"
        )
    make_up(deployment, wanted, parameters)
    # asyncio's own way of ending at Ctrl-C is swallowed inside the runner when it comes at the wrong moment, and the
    # runner's own at SIGTERM is a coroutine that nobody awaits.
    runner.handle_sigterm = _leave  # type: ignore[method-assign]
    signal.signal(signal.SIGINT, _leave)
    asyncio.run(runner.start())


def _leave(_signal: int, _frame: object) -> None:
    sys.exit(0)
