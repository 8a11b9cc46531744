"""The flow: new data, one task per stage of DVC's graph, and the model before the judge."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run as this_flow_run
from prefect.states import Cancelled, Failed

from flows.programs.environment import be_quiet
from flows.programs.stopping import StopSwitch, stopped_by_signals
from flows.retraining.drift import DriftCall
from flows.retraining.ending import end
from flows.retraining.keeping import tidied
from flows.retraining.new_data import read_past, settle, take_new_data
from flows.retraining.promotion import judge
from flows.retraining.stages import run_stages
from flows.retraining.trip import Trip
from flows.retraining.turn import Turn
from flows.runs.prepare import prepare
from flows.runs.record import Record, Recorder, keep_failure, new_record
from flows.runs.runner import Errand
from flows.server.dead import settle_dead_runs, settle_untold
from flows.server.history import history_name
from flows.server.late import MESSAGE as MISSED
from flows.server.late import moment_of
from flows.server.served import end_with_server
from flows.showing.ending import say_end
from flows.showing.journal import Journal, listen
from flows.showing.live import Live
from flows.showing.notify import notify, notify_crashed
from flows.showing.terminal import Terminal
from flows.versions.graph import Plan
from flows.versions.snapshot import Snapshot
from pipeline.command import as_told
from pipeline.config import Config, FlowConfig
from pipeline.foundation.words import one_line


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
    pause: int | None = None,
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
        pause: Seconds from one run that drift asked for to the next at least; without: drift asks for none by itself.
    """
    be_quiet()
    end_with_server()
    folder = Path(project).resolve()
    try:
        listen()
        moment = moment_of(as_of, missed)
        if moment is None:
            return Cancelled(message=MISSED)
        turn = Turn(folder, _record(folder))
        with turn.taken():
            call = DriftCall(folder, asked=drift, pause=pause)
            if call.answer is not None:
                turn.recorder.end("stopped", call.answer, 0)
                return say_end(Cancelled(message=call.answer))
            take = read_past if past else take_new_data
            try:
                final = _retrain(turn, overrides or [], moment, take, force=force, promote=promote, call=call)
            finally:
                call.ask_again()
            return say_end(final)
    except Exception as error:
        told = as_told(error)
        get_run_logger().error(str(told))
        Journal().write("error", str(told), level="error", numbers={"exit_code": told.exit_code})
        keep_failure(folder, _record(folder), str(told), told.exit_code)
        notify(folder, "failed", str(told))
        return say_end(Failed(message=one_line(str(told))))


def _retrain(
    turn: Turn,
    overrides: list[str],
    as_of: datetime,
    take: Callable[[Path, Config, datetime], tuple[Snapshot | None, Plan]],
    *,
    force: bool,
    promote: bool,
    call: DriftCall,
) -> State[Any]:
    project = turn.project
    config = prepare(project, overrides, tell=get_run_logger().info)
    _settle(project)
    call.begin()
    with tidied(project), turn.recorder as recorder, stopped_by_signals(switch := StopSwitch()):
        snapshot, plan = take(project, config, as_of)
        trip = _trip(recorder, plan, config.flow, as_of=as_of, force=force, stop=switch)
        run_stages(trip, config.flow)
        settle(snapshot, trip)
        if promote:
            judge(trip, drift=call.is_taken_up)
        final = end(trip)
    call.end(final)
    return final


def _record(project: Path) -> Record:
    server = history_name(project)
    return new_record(str(this_flow_run.name), server=server, flow_run_id=str(this_flow_run.id))


def _settle(project: Path) -> None:
    """Close the records of runs that were killed, and say so."""
    dead = settle_dead_runs(project, history_name(project))
    for name in dead:
        get_run_logger().info("run %s was killed before it could end; it is now shown as crashed", name)
    notify_crashed(project, dead)
    settle_untold(project, UUID(str(this_flow_run.id)))


def _trip(
    recorder: Recorder, plan: Plan, config: FlowConfig, *, as_of: datetime, force: bool, stop: StopSwitch
) -> Trip:
    project, record = recorder.project, recorder.record
    errand = Errand(
        project, recorder.folder, recorder.reports, config.deadline_seconds, force=force, stop=stop
    )
    stages = list(plan.upstream)
    live = Live(project, UUID(record.flow_run_id), stages)
    trip = Trip(errand, plan, recorder, Terminal(run=record.run), live, as_of)
    trip.terminal.plan(stages)
    trip.terminal.journal.write(
        "run_begins", f"{project.name} is brought up to date as of {as_of:%Y-%m-%d %H:%M %Z}"
    )
    return trip
