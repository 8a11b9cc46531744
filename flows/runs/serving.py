"""Who serves a project, and since when: ``.convoy/serving/NAME.json``, which outlives a process that was killed."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from flows.programs.processes import Identity, identity, is_alive
from pipeline.foundation.files import json_text, write_atomically

FOLDER = Path(".convoy") / "serving"


@dataclass(frozen=True)
class Serving:
    """One ``convoy serve``."""

    process: Identity
    since: str
    """UTC, ISO 8601."""

    what: str
    """Flows and times, in words."""

    server: str
    """Page of the Prefect server, without a secret."""

    ended: str = ""
    """When it ended as it should; empty: it lives, or was killed."""

    @property
    def lives(self) -> bool:
        """Return whether the process is still there."""
        return not self.ended and is_alive(self.process)

    @property
    def was_killed(self) -> bool:
        """Return whether it is gone and never said so."""
        return not self.ended and not is_alive(self.process)


@contextmanager
def told_as_serving(project: Path, what: str, *, jobs: Sequence[str], server: str) -> Iterator[None]:
    """Let `convoy status` know of this process while the block runs, and afterwards that it ended.

    Args:
        project: What is served.
        what: In words.
        jobs: Flow and deployment of each thing that is served: the same ones are remembered once.
        server: Page of the Prefect server.
    """
    me = identity()
    if me is None:
        raise RuntimeError("a running process always has an identity")
    path = project / FOLDER / f"{hashlib.sha256(json.dumps(sorted(jobs)).encode()).hexdigest()[:12]}.json"
    serving = Serving(me, _now(), what, server)
    with suppress(OSError):
        forget_killed(project)
        write_atomically(json_text(asdict(serving)), path)
    try:
        yield
    finally:
        with suppress(OSError):
            write_atomically(json_text(asdict(replace(serving, ended=_now()))), path)


def servings(project: Path) -> list[Serving]:
    """Return who serves the project and who did, the latest first; what cannot be read is passed over."""
    found = [serving for path in (project / FOLDER).glob("*.json") if (serving := _read(path)) is not None]
    return sorted(found, key=lambda serving: serving.since, reverse=True)


def forget_killed(project: Path) -> list[int]:
    """Forget those that were killed, since somebody has taken note of it; return their process ids."""
    gone = []
    for path in (project / FOLDER).glob("*.json"):
        serving = _read(path)
        if serving is not None and serving.was_killed:
            path.unlink(missing_ok=True)
            gone.append(serving.process.pid)
    return gone


def _read(path: Path) -> Serving | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Serving(process=Identity(**content.pop("process")), **content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
