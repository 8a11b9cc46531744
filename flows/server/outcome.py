"""How a flow that was called in this process ended, as its record says it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flows.runs.record import Record, record_of
from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import MachineError


def record_of_flow(project: Path, flow: Callable[[], Any]) -> Record:
    """Run a flow that gives its state, wait until the server knows how it ended, and return its record.

    Raises:
        MachineError: The server went away, or the flow ended before its first task.
    """
    from httpx import TransportError

    from flows.server.sending import send_all

    try:
        state = flow()
        send_all(state.state_details.flow_run_id)
    except TransportError as error:
        raise MachineError(
            f"the Prefect server at {shown(os.environ['PREFECT_API_URL'])} does not answer any more ({error}); "
            f"finished stages are kept, run again"
        ) from error
    record = record_of(project, str(state.state_details.flow_run_id))
    if record is None:
        raise MachineError(f"the run ended before its first stage: {state.message}")
    if record.state == "running":
        raise MachineError(f"the run could not write down how it ended: {state.message}")
    return record
