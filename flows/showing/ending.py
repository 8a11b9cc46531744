"""How a scheduled run ended, in one line: the journal of a schedule shows nothing else of it."""

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
        now = datetime.now(UTC).astimezone()
        run = f"{this_flow_run.flow_name} {this_flow_run.name}"
        Terminal().line(f"{now:%Y-%m-%d %H:%M:%S} {run}: {state.name}: {state.message}")
    return state
