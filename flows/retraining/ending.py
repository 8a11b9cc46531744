"""How a run ends: in its record, in Prefect's history, for whoever wants to know."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from prefect import get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Failed

from flows.retraining.trip import PROMOTE, Trip
from flows.runs.runner import StoppedError
from flows.showing.artifacts import publish
from flows.showing.notify import notify_end
from flows.showing.tags import as_of_tag, tag_run, version_tags
from pipeline.foundation.errors import PipelineError
from pipeline.foundation.words import one_line


def end(trip: Trip) -> State[Any]:
    """Write how the run ended, and return it as Prefect has it."""
    recorder, stop = trip.recorder, trip.errand.stop
    order = list(trip.plan.upstream)
    recorder.complete(order)
    failed = [stage for stage in [*order, PROMOTE] if stage in trip.errors]
    if stop.is_set():
        recorder.end("stopped", f"stopped by {stop.reason}; finished stages are kept", StoppedError.exit_code)
        return _told(Cancelled, trip)
    if failed:
        error = trip.errors[failed[0]]
        recorder.end("failed", recorder.noted(f"{failed[0]}: {error}"), error.exit_code)
    else:
        recorder.end("completed", _went_well(trip), 0)
    publish(trip.errand.project, recorder.record)
    notify_end(trip.errand.project, recorder.record)
    _keep_drift(trip)
    return _told(Failed if failed else Completed, trip)


def _told(state: Callable[..., State[Any]], trip: Trip) -> State[Any]:
    """Tag the run, and return its state with the reason in one line; the record has all lines."""
    record = trip.recorder.record
    tag_run(UUID(record.flow_run_id), [as_of_tag(trip.as_of), *version_tags(trip.errand.project)])
    level = "info" if record.state == "completed" else "error"
    numbers = {"state": record.state, "exit_code": record.exit_code, "promotion": record.promotion}
    trip.terminal.journal.write("run_ends", record.message, level=level, numbers=numbers)
    return state(message=one_line(record.message))


def _keep_drift(trip: Trip) -> None:
    """Keep how new data compare, and show it; told last, since whoever hears of it may want this run's place."""
    from flows.watching.artifact import publish_drift
    from flows.watching.new_data import keep

    project, summary = trip.errand.project, None
    if trip.drift is not None:
        entry, summary = trip.drift
        try:
            keep(project, entry, summary)
        except PipelineError as error:  # the registry was damaged meanwhile, which the next run tells
            get_run_logger().warning("drift was told to nobody: %s", error)
    publish_drift(project, summary)


def _went_well(trip: Trip) -> str:
    record = trip.recorder.record
    ran = [run.stage for run in record.stages if run.changed]
    message = f"brought up to date: {', '.join(ran)}" if ran else "everything was up to date"
    return f"{message}; {record.promotion}" if record.promotion else message
