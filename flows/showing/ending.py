"""What a schedule's journal shows of a run: a line when it waits, and one when it has ended."""

import os
from datetime import UTC, datetime
from typing import Any

from prefect.client.schemas.objects import State
from prefect.runtime import flow_run as this_flow_run

from flows.programs.environment import SERVED_VARIABLE
from flows.showing.terminal import Terminal


def say_end(state: State[Any]) -> State[Any]:
    """Say it where a schedule or a worker began the run, and return ``state``; `convoy run` shows its own end."""
    if os.environ.get(SERVED_VARIABLE):
        say_of_run(f"{state.name}: {state.message}")
    return state


def say_of_run(told: str) -> None:
    """Write a line about this run, with the time of this machine."""
    now = datetime.now(UTC).astimezone()
    Terminal().line(f"{now:%Y-%m-%d %H:%M:%S} {this_flow_run.flow_name} {this_flow_run.name}: {told}")
