"""How a run ends: in its record, in Prefect's history, for whoever wants to know."""

from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Failed

from flows.retraining.trip import PROMOTE, Trip
from flows.runs.runner import StoppedError
from flows.showing.artifacts import publish
from flows.showing.notify import notify_end


def end(trip: Trip) -> State[Any]:
    """Write how the run ended, and return it as Prefect has it."""
    recorder, stop = trip.recorder, trip.errand.stop
    order = list(trip.plan.upstream)
    recorder.complete(order)
    failed = [stage for stage in [*order, PROMOTE] if stage in trip.errors]
    if stop.is_set():
        recorder.end("stopped", f"stopped by {stop.reason}; finished stages are kept", StoppedError.exit_code)
        return Cancelled(message=recorder.record.message)
    if failed:
        error = trip.errors[failed[0]]
        recorder.end("failed", recorder.noted(f"{failed[0]}: {error}"), error.exit_code)
    else:
        recorder.end("completed", _went_well(trip), 0)
    publish(trip.errand.project, recorder.record)
    notify_end(trip.errand.project.name, recorder.record)
    final = Failed if failed else Completed
    return final(message=recorder.record.message)


def _went_well(trip: Trip) -> str:
    record = trip.recorder.record
    ran = [run.stage for run in record.stages if run.changed]
    message = f"brought up to date: {', '.join(ran)}" if ran else "everything was up to date"
    return f"{message}; {record.promotion}" if record.promotion else message
