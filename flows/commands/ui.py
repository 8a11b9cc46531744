"""What `convoy ui` does: a standing server over the project's history, until Ctrl-C."""

import signal
import time
from pathlib import Path

from flows.programs.environment import be_quiet
from flows.server.announced import announced, find_server
from flows.server.history import PROJECT, use_server
from flows.server.log import cut_log
from flows.server.server import Server, start_standing
from flows.showing.terminal import Terminal
from pipeline.foundation.errors import ConfigError, MachineError


def show_history(project: Path, *, port: int | None = None) -> int:
    """Serve Prefect's UI on 127.0.0.1 until Ctrl-C or SIGTERM, and return the exit code.

    Runs that are started meanwhile use this server.

    Raises:
        ConfigError: The folder is no project.
        MachineError: The port is taken, or the server ended.
    """
    project, terminal = project.resolve(), Terminal()
    if not (project / "params.yaml").is_file():
        raise ConfigError(
            f"{project} has no params.yaml; go to a project's folder, or name it with --project"
        )
    be_quiet()
    if standing := find_server(project):
        terminal.line(f"already shown at {standing.removesuffix('/api')}")
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = start_standing(project, port)
    try:
        server.wait_until_ready()
        with announced(project, server):
            _settle(project, server)
            terminal.line(f"{server.page}  (Ctrl-C ends it; the history stays)")
            _watch(server)
    except KeyboardInterrupt:
        return 0
    finally:
        server.stop()
    return 0


def _settle(project: Path, server: Server) -> None:
    use_server(server.url, PROJECT)
    from flows.server.dead import settle_dead_runs

    settle_dead_runs(project, PROJECT)


def _watch(server: Server) -> None:
    while server.process.poll() is None:
        time.sleep(0.5)
        cut_log(server.log)
    raise MachineError(
        f"the server ended with exit code {server.process.returncode}; {server.log} tells more"
    )
