"""A scheduled run and what somebody does by hand in the project: the run waits, and says for whom."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
from prefect import get_run_logger

from flows.programs.environment import SERVED_VARIABLE
from flows.runs.lock import SCHEDULED, only_run
from flows.runs.record import Record, Recorder
from flows.showing.ending import say_of_run
from flows.showing.journal import Journal
from flows.versions.locks import dvc_by_hand
from pipeline.foundation.errors import BusyError
from pipeline.params import read_config

LOOK_SECONDS = 1.0


class Turn:
    """Holds the project for one run; a scheduled one waits for what is done by hand.

    A run that waits has its record already: else whoever holds the project would take it for a run that was lost.
    """

    def __init__(self, project: Path, record: Record) -> None:
        self.project = project
        self._record = record
        self._stack = ExitStack()
        self._recorder: Recorder | None = None
        self._is_scheduled = SERVED_VARIABLE in os.environ
        wait = read_config(project / "params.yaml").flow.wait_seconds if self._is_scheduled else 0
        self._give_up = time.monotonic() + wait

    @property
    def recorder(self) -> Recorder:
        """What keeps the record; it is written as soon as somebody asks for this."""
        if self._recorder is None:
            self._recorder = self._stack.enter_context(Recorder(self.project, self._record))
        return self._recorder

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the project while the block runs, as soon as nobody else does.

        Raises:
            BusyError: Somebody else holds it, and still did after ``flow.wait_seconds``; the message says who.
        """
        with self._stack:
            if not self._is_scheduled:
                with only_run(self.project, "convoy run"):
                    yield
                return
            patience = max(self._give_up - time.monotonic(), 0.0)
            with only_run(self.project, SCHEDULED, patience=patience, tell=self._tell):
                self._wait_for_dvc()
                yield

    def _wait_for_dvc(self) -> None:
        known = None
        while (process := dvc_by_hand(self.project)) is not None:
            if time.monotonic() >= self._give_up:
                raise BusyError(f"{self.project} is held by {_shown(process)}; wait until it ends, or end it")
            if process != known:
                self._tell(_shown(process))
                known = process
            time.sleep(LOOK_SECONDS)

    def _tell(self, who: str) -> None:
        run, told = self.recorder.record.run, f"waits for {who}"
        get_run_logger().info(told)
        Journal(run).write("waits", told)
        say_of_run(told)


def _shown(process: psutil.Process) -> str:
    since = datetime.fromtimestamp(process.create_time(), UTC)
    return f"`dvc`, process {process.pid}, since {since:%Y-%m-%d %H:%M:%S %Z}"
