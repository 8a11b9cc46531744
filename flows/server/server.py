"""The local Prefect server of a project: start it, find a standing one, stop it for certain.

The history is in ``.convoy/prefect.db``. Prefect's own embedded server is not used: it shares the
terminal's Ctrl-C, takes up to a minute to stop and outlives a killed flow.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

from flows.programs.launch import launched
from flows.programs.processes import end_group
from flows.server.log import cut_log
from pipeline.foundation.errors import MachineError

STARTUP_SECONDS = 120.0
STOP_SECONDS = 3.0
BUSY_SECONDS = 60.0
"""A server under load may take that long to answer; where none listens, that is known at once."""

PORT = 4200
"""Prefect's own."""

HISTORY_DAYS = 90
"""Runs that ended longer ago leave the project's own history, with their tasks, states, logs and artifacts."""

_DATABASE = ("PREFECT_API_DATABASE_CONNECTION_URL", "PREFECT_SERVER_DATABASE_CONNECTION_URL")
_ONLY_WHEN_STANDING = ("SCHEDULER", "LATE_RUNS", "CANCELLATION_CLEANUP", "PAUSE_EXPIRATIONS")


@dataclass
class Server:
    """A server that this process has started."""

    project: Path
    url: str
    """Where the API answers, without a slash at the end."""

    process: subprocess.Popen[bytes]
    log: Path
    standing: bool
    is_ready: bool = False

    @property
    def page(self) -> str:
        """Address of the UI."""
        return self.url.removesuffix("/api")

    def wait_until_ready(self) -> None:
        """Return once the API answers; the first start of a project makes the database.

        Raises:
            MachineError: The server ended, or does not answer in time.
        """
        give_up = time.monotonic() + STARTUP_SECONDS
        while not answers(self.url):
            if self.process.poll() is not None:
                raise MachineError(
                    f"the local Prefect server ended with exit code {self.process.returncode}: "
                    f"{_last_line(self.log)}; {self.log} tells more, and `convoy doctor` checks the versions"
                )
            if time.monotonic() > give_up:
                raise MachineError(
                    f"the local Prefect server did not answer within {STARTUP_SECONDS:.0f} s; "
                    f"{self.log} tells what it does"
                )
            time.sleep(0.1)
        self.is_ready = True

    def stop(self) -> None:
        """End the server: asked first, killed after three seconds, gone when this returns."""
        end_group(self.process, grace_seconds=STOP_SECONDS)


def start_server(project: Path, *, port: int | None = None, standing: bool = False) -> Server:
    """Start a server on 127.0.0.1 and return at once; it ends with this thread's process.

    Args:
        project: Folder whose history it keeps.
        port: Port, or None for any that is free.
        standing: Whether it also schedules, for as long as a person or a deployment needs it.

    Raises:
        MachineError: The port is taken.
    """
    folder = project.resolve() / ".convoy"
    folder.mkdir(parents=True, exist_ok=True)
    listener = _listen(port)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/api"
    log = folder / ("ui.log" if standing else "server.log")
    log.unlink(missing_ok=True)
    with listener, log.open("ab") as lines:  # each line goes to the end, also after the log was cut
        process = _spawn(listener, lines, _server_environment(folder, url, standing=standing))
    return Server(project, url, process, log, standing)


def start_standing(project: Path, port: int | None = None) -> Server:
    """Start a standing server on the port asked for; without one on Prefect's usual port, or on any that is free.

    Raises:
        MachineError: The port that was asked for is taken.
    """
    if port is not None:
        return start_server(project, port=port, standing=True)
    try:
        return start_server(project, port=PORT, standing=True)
    except MachineError:
        return start_server(project, standing=True)


def answers(url: str, *, seconds: float = 2.0) -> bool:
    """Return whether a Prefect API answers at ``url``."""
    try:
        with urlopen(f"{url.rstrip('/')}/health", timeout=seconds) as reply:  # noqa: S310 - http by the callers
            return bool(reply.status == 200)
    except (URLError, OSError, ValueError):
        return False


@contextmanager
def kept_alive(server: Server) -> Iterator[None]:
    """Start the server again, on its port, if it is killed while the block runs.

    The machine may kill it for memory; without it the flow could not even say how it ended. Prefect's
    client repeats what was not answered for about a minute.
    """
    over = threading.Event()

    def watch() -> None:
        port = int(server.page.rpartition(":")[2])
        while not over.wait(1.0):
            cut_log(server.log)
            if server.is_ready and server.process.poll() is not None:
                server.process = start_server(server.project, port=port, standing=server.standing).process

    # A server that this thread started is killed by the kernel when the thread ends: that is the end of
    # the block, too.
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _listen(port: int | None) -> socket.socket:
    """Return a listening socket: handed to the server, no other program can take the port in between."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port or 0))
    except OSError as error:
        listener.close()
        raise MachineError(
            f"port {port} of 127.0.0.1 is not free ({error.strerror}); choose another one with --port"
        ) from None
    listener.listen(256)
    listener.set_inheritable(True)
    return listener


def _spawn(listener: socket.socket, lines: IO[bytes], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    number = str(listener.fileno())
    app = ["--factory", "prefect.server.api.server:create_app", "--fd", number]
    return subprocess.Popen(
        launched([sys.executable, "-m", "uvicorn", *app, "--log-level", "error", "--lifespan", "on"]),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=lines,
        stderr=lines,
        pass_fds=(listener.fileno(),),
        start_new_session=True,
    )


def _server_environment(folder: Path, url: str, *, standing: bool) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in _CLIENT_ONLY}
    if not any(name in environment for name in _DATABASE):
        environment[_DATABASE[0]] = f"sqlite+aiosqlite:///{folder / 'prefect.db'}"
        environment = _TRIMMED | environment  # a database that the user names may be others' history, too
    environment |= {"PREFECT_UI_API_URL": url, "PREFECT__SERVER_FINAL": "1"}
    if not standing:
        services = {f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in _ONLY_WHEN_STANDING}
        environment |= services
    return environment


_TRIMMED = {
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(HISTORY_DAYS * 86_400),
}
"""What Prefect does for the history when it starts and every hour; what the user has set counts."""

_CLIENT_ONLY = (
    "PREFECT_API_URL",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL",
    "PREFECT_LOGGING_INTERNAL_LEVEL",
)


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
