"""How far a run is, in Prefect's UI while it goes on: a bar, and the losses of each epoch.

A thread of its own sends what is newest, every two seconds at first and every half minute after half an hour, and
leaves out the rest. A server that is slow or gone costs the picture, and never a training.
"""

import contextvars
import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate

from flows.runs.said import Said
from flows.showing.course import Course
from flows.showing.keys import key_of

PAUSE_SECONDS = (2.0, 30.0)
"""Between two pictures: at least, at most. Each is an event in the history of Prefect, which grows."""

PATIENCE_SECONDS = 3.0
"""What the end of a run waits for the last picture at most."""

TIMEOUT_SECONDS = 5.0
"""After a server did not answer, it is left alone for twice as long."""

log = logging.getLogger("pipeline")


class Live:
    """The artifacts ``…-progress`` and ``…-training`` of one run, brought up to date while it goes on."""

    def __init__(self, project: Path, flow_run: UUID, stages: Sequence[str]) -> None:
        self._course = Course(stages)
        self._keys = {name: key_of(project, name) for name in ("progress", "training")}
        self._flow_run = flow_run
        self._known: dict[str, UUID] = {}
        self._sent: dict[str, tuple[Any, str]] = {}
        self._news = threading.Event()
        self._over = threading.Event()
        context = contextvars.copy_context()  # Prefect keeps the address of its server there
        self._thread = threading.Thread(target=context.run, args=(self._send_all,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Send the last picture, if that takes no longer than a moment."""
        self._over.set()
        self._news.set()
        self._thread.join(timeout=PATIENCE_SECONDS)

    def plan(self, stages: Sequence[str]) -> None:
        """Take note of more stages that will run."""
        self._course.plan(stages)

    def heard(self, stage: str, told: Said) -> None:
        """Take what a stage says; this only takes note of it."""
        if self._course.heard(stage, told.event, told.numbers):
            self._news.set()

    def ended(self, stage: str, outcome: str) -> None:
        """Take note of the end of a stage."""
        self._course.ended(stage, outcome)
        self._news.set()

    def _send_all(self) -> None:
        began = time.monotonic()
        try:
            with get_client(sync_client=True, httpx_settings={"timeout": TIMEOUT_SECONDS}) as client:
                while not self._over.is_set():
                    self._news.wait()
                    self._news.clear()
                    took = self._sends(client)
                    self._over.wait(_pause(time.monotonic() - began) if took else 2 * TIMEOUT_SECONDS)
                self._sends(client)
        except Exception as error:
            log.debug("the UI does not show how far the run is: %s", error)

    def _sends(self, client: SyncPrefectClient) -> bool:
        """Send what is new, and return whether the server took it."""
        try:
            part, told = self._course.progress()
            self._send(client, "progress", (round(100.0 * part, 1), told))
            if table := self._course.markdown():
                self._send(client, "training", (table, self._course.last_epoch()))
        except Exception as error:
            log.debug("the UI does not show how far the run is: %s", error)
            return False
        return True

    def _send(self, client: SyncPrefectClient, name: str, content: tuple[Any, str]) -> None:
        data, description = content
        if self._sent.get(name) == content:
            return
        if name in self._known:
            client.update_artifact(self._known[name], ArtifactUpdate(data=data, description=description))
        else:
            kind = "progress" if name == "progress" else "markdown"
            fresh = ArtifactCreate(
                key=self._keys[name],
                type=kind,
                description=description,
                data=data,
                flow_run_id=self._flow_run,
            )
            self._known[name] = client.create_artifact(fresh).id
        self._sent[name] = content


def _pause(seconds: float) -> float:
    """Return how long to wait after a picture, so many seconds into a run."""
    least, most = PAUSE_SECONDS
    return min(max(seconds / 60.0, least), most)
