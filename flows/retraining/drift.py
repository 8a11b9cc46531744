"""Drift that waits for a retrain: taken up by the next one that begins, asked for again where it came during one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import deployment as this_deployment
from prefect.runtime import flow_run as this_flow_run

from flows.watching.asking import ask_again
from flows.watching.unanswered import answered, take_up, unanswered

ON_ITS_WAY = timedelta(seconds=5)
"""Drift that was told so shortly ago has just been heard, and its run finds the place free."""


class DriftCall:
    """What drift asks of one retrain.

    Args:
        project: Absolute.
        asked: Whether drift started this very run.
        pause: Seconds from one retrain that drift asked for to the next at least; None: drift asks for none by itself.
    """

    def __init__(self, project: Path, *, asked: bool, pause: int | None) -> None:
        self.project = project
        self.pause = None if pause is None else timedelta(seconds=pause)
        self.began = datetime.now(UTC)
        known = unanswered(project)
        self.is_taken_up = asked or (self.pause is not None and known.found is not None)
        self._asked, self._known = asked, known

    @property
    def answer(self) -> str | None:
        """Why this run, which drift started, has nothing to do any more; None: it has."""
        known, pause = self._known, self.pause
        if not self._asked or pause is None or known.found is not None or known.began is None:
            return None
        if known.began < self.began - pause:
            return None
        return f"the drift that asked for this run has been answered by {known.run}, which began after it was found"

    def begin(self) -> None:
        """Note that this run takes up what drift has asked for so far, if it does."""
        if self.is_taken_up:
            take_up(self.project, self.began, run=str(this_flow_run.name))

    def end(self, final: State[Any]) -> None:
        """Note that it has been answered, if the run went well."""
        if self.is_taken_up and final.is_completed():
            answered(self.project, self.began)

    def ask_again(self) -> None:
        """Ask for one more retrain where drift was told while this one was under way, and found no place."""
        found, deployment = unanswered(self.project).found, this_deployment.id
        if self.pause is None or deployment is None or found is None:
            return
        if not self.began < found < datetime.now(UTC) - ON_ITS_WAY:
            return
        try:
            time = ask_again(UUID(str(deployment)), self.project, self.pause)
        except Exception as error:  # the server went away; the next run takes it up
            get_run_logger().warning("drift could not ask for the next retrain: %s", error)
            return
        if time is not None:
            get_run_logger().info(
                "drift was found meanwhile; the next retrain begins at %s", f"{time:%H:%M:%S %Z}"
            )
