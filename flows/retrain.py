"""The flow: one task per stage of DVC's graph, independent stages side by side, clean ones skipped."""

import concurrent.futures
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, TaskRun
from prefect.futures import PrefectConcurrentFuture
from prefect.runtime import flow_run as this_flow_run
from prefect.states import Cancelled, Completed, Failed
from prefect.utilities.annotations import quote

from flows.programs.environment import be_quiet
from flows.programs.stopping import StopSwitch, stopped_by_signals
from flows.registry.tags import artifact_name
from flows.runs.lock import only_run
from flows.runs.prepare import prepare
from flows.runs.record import Recorder, StageRun, new_record
from flows.runs.retention import prune
from flows.runs.runner import Errand, StoppedError, run_stage
from flows.server.dead import settle_dead_runs
from flows.server.history import history_name
from flows.server.late import MESSAGE as MISSED
from flows.server.late import moment_of
from flows.server.served import end_with_server
from flows.showing.artifacts import publish
from flows.showing.notify import notify, notify_end
from flows.showing.terminal import Terminal
from flows.versions.graph import Plan, forget_plan, read_plan
from flows.versions.past import read_as_of
from flows.versions.snapshot import GATE, Snapshot, take_snapshot
from pipeline.command import as_told
from pipeline.config import Config, FlowConfig
from pipeline.foundation.errors import PipelineError

CANCEL_POLL_SECONDS = 3.0
PROMOTE = "promote"
"""The task after the last stage."""


@dataclass
class Trip:
    """What the tasks of one run share."""

    errand: Errand
    plan: Plan
    recorder: Recorder
    terminal: Terminal
    errors: dict[str, PipelineError] = field(default_factory=dict)


@flow(name="retrain", persist_result=False)
def retrain(
    project: str = ".",
    overrides: list[str] | None = None,
    force: bool = False,
    promote: bool = False,
    drift: bool = False,
    as_of: str | None = None,
    missed: str = "all",
    past: bool = False,
) -> State[Any]:
    """Bring every stage of a project up to date.

    Args:
        project: Folder with params.yaml and dvc.yaml.
        overrides: Settings as section.key=value, written into params.yaml first.
        force: Run every stage, even if nothing changed.
        promote: Let the model become the champion afterwards, if it is blessed.
        drift: Drift asked for this run: the model then only must not be worse than the champion.
        as_of: The time that this run stands for, with its zone; without: when it was to begin.
        missed: Of times that passed while nothing served the project, what is made up for: none, newest or all.
        past: Read the snapshot that was there at that time, and look for no newer data.
    """
    be_quiet()
    end_with_server()
    folder = Path(project).resolve()
    try:
        moment = moment_of(as_of, missed)
        if moment is None:
            return Cancelled(message=MISSED)
        with only_run(folder, "convoy run"):
            judge = _judge(drift) if promote else None
            take = _read_past if past else _new_data
            return _retrain(folder, overrides or [], moment, force=force, judge=judge, take=take)
    except Exception as error:
        told = as_told(error)
        get_run_logger().error(str(told))
        notify(folder.name, "failed", str(told))
        return Failed(message=str(told))


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
        return trip.recorder.stage(StageRun(stage, "up to date"))

    def hear(line: str) -> None:
        log.info(line)
        trip.terminal.said(stage, line)

    trip.terminal.begins(stage)
    trip.errors.pop(stage, None)
    began = time.monotonic()
    try:
        run = run_stage(stage, errand, on_line=hear)
    except StoppedError as error:
        trip.terminal.ended(trip.recorder.stage(StageRun(stage, "stopped", _since(began))))
        return Cancelled(message=str(error))
    except Exception as error:
        trip.errors[stage] = as_told(error)
        log.error(str(trip.errors[stage]))
        trip.terminal.ended(trip.recorder.stage(StageRun(stage, "failed", _since(began))))
        raise
    log.info("%s after %.1f s", run.outcome, run.seconds)
    trip.terminal.ended(trip.recorder.stage(run))
    return run


@task(name="promote", task_run_name="promote", cache_policy=NO_CACHE, persist_result=False)
def promote_challenger(project: Path, reports: Path, drift: bool) -> str:
    """Let the model of this run become the champion, if it is blessed, and return how that ended.

    It changes the registry and not ``data/``, so it is no stage. A project whose stages are not Convoy's own names no
    model, and there is nothing to promote.

    Raises:
        PipelineError: The promotion could not be carried out; the champion stays.
    """
    log = get_run_logger()
    if artifact_name(project) is None:
        return "not promoted: dvc.yaml names no artifact for data/analyze"
    from flows.registry.promote import promote_project  # it judges, which takes a while to import

    promotion = promote_project(project, drift=drift, reports=reports)
    log.info(promotion.message)
    return promotion.message


def _judge(drift: bool) -> Callable[[Trip], None]:
    """Return what brings the model of a run that went well before the judge."""

    def judge(trip: Trip) -> None:
        errand = trip.errand
        if errand.stop.is_set() or trip.errors:
            return
        try:
            told = promote_challenger(errand.project, errand.reports, drift)
        except Exception as error:
            trip.errors[PROMOTE] = as_told(error)
        else:
            trip.recorder.promotion(told)

    return judge


def _retrain(
    project: Path,
    overrides: list[str],
    as_of: datetime,
    *,
    force: bool,
    judge: Callable[[Trip], None] | None,
    take: Callable[[Path, Config, datetime], Snapshot | None],
) -> State[Any]:
    config = prepare(project, overrides)
    server = history_name(project)
    for name in settle_dead_runs(project, server):
        get_run_logger().info("run %s was killed before it could end; it is now shown as crashed", name)
        notify(project.name, "crashed", f"run {name} was killed before it could end")
    record = new_record(str(this_flow_run.name), server=server, flow_run_id=str(this_flow_run.id))
    with Recorder(project, record) as recorder, stopped_by_signals(switch := StopSwitch()):
        snapshot = take(project, config, as_of)
        plan = read_plan(project)
        errand = Errand(
            project, recorder.folder, recorder.reports, config.flow.deadline_seconds, force=force, stop=switch
        )
        trip = Trip(errand, plan, recorder, Terminal())
        trip.terminal.plan(list(plan.upstream))
        _wait(_submit(trip, config.flow), trip)
        _settle(snapshot, trip)
        if judge is not None:
            judge(trip)
        final = _end(trip)
    prune(project, config.flow.keep_runs)
    return final


def _tell_drift(trip: Trip) -> None:
    """Say whether new data are like those of the champion, and keep all tests among the reports of the run."""
    from flows.showing.drift import drift_from_champion  # it brings Polars along

    told = drift_from_champion(trip.errand.project, trip.errand.reports)
    if told is not None:
        get_run_logger().info(told)
        trip.terminal.line(told)


def _new_data(project: Path, config: Config, as_of: datetime) -> Snapshot | None:
    """Take a snapshot of new data, where the settings say that there may be some."""
    snapshot = take_snapshot(project, config, as_of)
    if config.flow.new_data is not None:
        told = "nothing new" if snapshot is None else f"took {snapshot.folder}"
        get_run_logger().info("%s in %s", told, config.flow.new_data)
        forget_plan(project)
    return snapshot


def _read_past(project: Path, config: Config, as_of: datetime) -> None:
    """Let the stages read what was there at a past time."""
    folder = read_as_of(project, config, as_of)
    get_run_logger().info("as of %s: %s", as_of.isoformat(timespec="minutes"), folder)
    forget_plan(project)


def _settle(snapshot: Snapshot | None, trip: Trip) -> None:
    """Keep new data that passed the gate; else bring everything back as it was before they came."""
    if snapshot is None:
        return
    outcomes = {run.stage: run.outcome for run in trip.recorder.record.stages}
    passed = ("ran", "restored", "up to date")
    if all(outcomes.get(stage) in passed for stage in GATE if stage in trip.plan.upstream):
        snapshot.keep()
        _tell_drift(trip)
        return
    kept = snapshot.undo()
    trip.recorder.note(f"the new data went to {kept}; data, params and lock are those of the last run")


def _submit(trip: Trip, config: FlowConfig) -> dict[str, PrefectConcurrentFuture[Any]]:
    """Start one task per stage; Prefect holds each back until the stages before it have ended."""
    work: Any = bring_up_to_date.with_options(
        retries=config.retries, retry_condition_fn=_waits_before_retry(trip, config)
    )
    futures: dict[str, PrefectConcurrentFuture[Any]] = {}
    for stage, before in trip.plan.upstream.items():
        futures[stage] = work.submit(stage, [futures[name] for name in before], quote(trip))
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
        trip.terminal.said(task_run.name, f"trying again in {pause} s: {error}")
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


def _end(trip: Trip) -> State[Any]:
    """Write how the run ended, into its record and Prefect's history."""
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
        ran = [run.stage for run in recorder.record.stages if run.changed]
        message = f"brought up to date: {', '.join(ran)}" if ran else "everything was up to date"
        promotion = recorder.record.promotion
        recorder.end("completed", f"{message}; {promotion}" if promotion else message, 0)
    publish(trip.errand.project, recorder.record)
    notify_end(trip.errand.project.name, recorder.record)
    final = Failed if failed else Completed
    return final(message=recorder.record.message)


def _since(began: float) -> float:
    return round(time.monotonic() - began, 2)
