"""One task per stage of DVC's graph: independent stages side by side, clean ones skipped."""

import concurrent.futures
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, TaskRun
from prefect.futures import PrefectConcurrentFuture
from prefect.runtime import flow_run as this_flow_run
from prefect.states import Cancelled
from prefect.utilities.annotations import quote

from flows.retraining.trip import Trip
from flows.runs.record import StageRun
from flows.runs.runner import StoppedError, run_stage
from flows.runs.said import Said
from flows.showing.unstarted import cancel_unstarted
from pipeline.command import as_told
from pipeline.config import FlowConfig

CANCEL_POLL_SECONDS = 3.0


def run_stages(trip: Trip, config: FlowConfig) -> None:
    """Run every stage, and return once each has ended; what failed is in ``trip.errors``."""
    with trip.live:
        _wait(_submit(trip, config), trip)
    stop, flow_run = trip.errand.stop, UUID(trip.recorder.record.flow_run_id)
    if stop.is_set():
        cancel_unstarted(flow_run, stop.reason)
    elif trip.errors:
        cancel_unstarted(flow_run, f"{' and '.join(trip.errors)} failed")


@task(name="stage", task_run_name="{stage}", cache_policy=NO_CACHE, persist_result=False)
def bring_up_to_date(stage: str, before: list[StageRun], trip: Trip) -> StageRun | State[Any]:
    """Run ``stage`` if its inputs changed, and stream what it says into the run's log.

    A stage that was clean when the run began, and before which nothing ran, is skipped without asking
    DVC again.

    Raises:
        StageError: The stage ended with an error; what it wrote about it says whether a retry can help.
    """
    log = get_run_logger()
    errand = trip.errand
    if errand.stop.is_set():
        return Cancelled(message=f"not started: {errand.stop.reason}")
    if not (errand.force or stage in trip.plan.changed or any(run.changed for run in before)):
        log.info("up to date")
        return _noted(StageRun(stage, "up to date"), trip)

    def hear(told: Said) -> None:
        if told.text:
            log.info(told.text)
        trip.terminal.said(stage, told)
        trip.live.heard(stage, told)

    trip.terminal.begins(stage)
    trip.errors.pop(stage, None)
    began = time.monotonic()
    try:
        run = run_stage(stage, errand, on_line=hear)
    except StoppedError as error:
        trip.terminal.ended(_noted(StageRun(stage, "stopped", _since(began)), trip))
        return Cancelled(message=str(error))
    except Exception as error:
        trip.errors[stage] = as_told(error)
        log.error(str(trip.errors[stage]))
        trip.terminal.ended(_noted(StageRun(stage, "failed", _since(began)), trip))
        raise
    log.info("%s after %.1f s", run.outcome, run.seconds)
    trip.terminal.ended(_noted(run, trip))
    return run


def _noted(run: StageRun, trip: Trip) -> StageRun:
    trip.live.ended(run.stage, run.outcome)
    return trip.recorder.stage(run)


def _submit(trip: Trip, config: FlowConfig) -> dict[str, PrefectConcurrentFuture[Any]]:
    """Start one task per stage; Prefect holds each back until the stages before it have ended."""
    work: Any = bring_up_to_date.with_options(
        retries=config.retries, retry_condition_fn=_waits_before_retry(trip, config)
    )
    futures: dict[str, PrefectConcurrentFuture[Any]] = {}
    for stage, before in trip.plan.upstream.items():
        named = work.with_options(name=stage)  # the name of a task that never begins, too
        futures[stage] = named.submit(stage, [futures[name] for name in before], quote(trip))
    return futures


def _waits_before_retry(trip: Trip, config: FlowConfig) -> Callable[[Any, TaskRun, State[Any]], bool]:
    """Return the condition of a retry: waiting can help, and nobody stopped the run while it waited.

    The pause is here because Prefect's own cannot be interrupted: Ctrl-C would have to sit it out.
    """

    def condition(_task: Any, task_run: TaskRun, _state: State[Any]) -> bool:
        error = trip.errors.get(task_run.name)
        if error is None or not error.retryable:
            return False
        pause = config.retry_delay_seconds * 2 ** max(task_run.run_count - 1, 0)
        told = f"trying again in {pause} s: {error}"
        trip.terminal.said(task_run.name, Said(told, "retry", "warning", {"pause_seconds": pause}))
        return not trip.errand.stop.wait(pause)

    return condition


def _wait(futures: dict[str, PrefectConcurrentFuture[Any]], trip: Trip) -> None:
    """Return once every task has ended; a run that is cancelled in the UI is stopped on the way."""
    stop = trip.errand.stop
    waiting = {future.wrapped_future for future in futures.values()}
    while waiting:
        _, waiting = concurrent.futures.wait(waiting, timeout=CANCEL_POLL_SECONDS)
        if waiting and not stop.is_set() and _is_cancelling():
            stop.stop("Cancel in Prefect")
    for stage, future in futures.items():
        # Prefect itself failed around the task: its server went away, say.
        if error := future.wrapped_future.exception():
            trip.errors.setdefault(stage, as_told(error))


def _is_cancelling() -> bool:
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(this_flow_run.id).state
    return state is not None and (state.is_cancelling() or state.is_cancelled())


def _since(began: float) -> float:
    return round(time.monotonic() - began, 2)
