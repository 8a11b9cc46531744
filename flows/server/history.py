"""Where the history of the runs is kept: a server of this project's own, or the one the user names."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.server.announced import find_server
from flows.server.server import BUSY_SECONDS, answers, kept_alive, start_server
from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import MachineError

PROJECT = "project"
"""Name of the history in ``.convoy/prefect.db``, whichever server shows it."""

_NAME_VARIABLE = "CONVOY_HISTORY"


def history_name(project: Path) -> str:
    """Return which history this process writes: ``project``, or the URL of a server elsewhere, as it is shown."""
    if name := os.environ.get(_NAME_VARIABLE):
        return name
    url = os.environ.get("PREFECT_API_URL")
    return PROJECT if url is None or url == find_server(project) else shown(url)


def use_server(url: str, name: str) -> None:
    """Let this process and its children talk to the server at ``url``; before Prefect is imported."""
    os.environ["PREFECT_API_URL"] = url
    os.environ[_NAME_VARIABLE] = name


@contextmanager
def history(project: Path) -> Iterator[Callable[[], None]]:
    """Provide a server while the block runs: the user's, the project's standing one, or one for this run.

    It starts in the background: the block calls what is yielded before it needs an answer.

    Raises:
        MachineError: The server that ``PREFECT_API_URL`` names does not answer.
    """
    if url := os.environ.get("PREFECT_API_URL"):
        if not answers(url, seconds=BUSY_SECONDS):
            raise MachineError(
                f"no Prefect server answers at PREFECT_API_URL={shown(url)}; start it, or unset that variable to use "
                f"a local server"
            )
        yield lambda: None
    elif standing := find_server(project):
        use_server(standing, PROJECT)
        yield lambda: None
    else:
        server = start_server(project)
        try:
            use_server(server.url, PROJECT)
            with kept_alive(server):
                yield server.wait_until_ready
        finally:
            server.stop()
