"""The standing server of a project, where its other programs find it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from flows.programs.processes import Identity, identity, is_alive
from flows.server.server import Server, answers
from pipeline.foundation.files import json_text, write_atomically

LOOK_SECONDS = 10.0
"""How long it may take to answer a look; whoever keeps it lives."""


@contextmanager
def announced(project: Path, server: Server) -> Iterator[None]:
    """Let runs of this project find ``server`` while the block runs."""
    path = _announcement(project)
    who = identity()  # the server itself may be killed and started again meanwhile
    content = {"url": server.url, "process": asdict(who) if who else None}
    write_atomically(json_text(content), path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def find_server(project: Path) -> str | None:
    """Return the URL of the standing server that `convoy ui` or a schedule keeps for this project."""
    try:
        content = json.loads(_announcement(project).read_text(encoding="utf-8"))
        who = Identity(**content["process"])
        url = str(content["url"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return url if is_alive(who) and answers(url, seconds=LOOK_SECONDS) else None


def _announcement(project: Path) -> Path:
    return project / ".convoy" / "server.json"
