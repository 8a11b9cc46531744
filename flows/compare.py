"""The flow that compares: the stages up to the baselines, one task per training, then the leaderboard."""

from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run as this_flow_run
from prefect.states import Cancelled, Completed, Failed

from flows.comparing.left import prepare_all, train_all
from flows.comparing.tasks import Journey, bring_up_to_date
from flows.comparing.telling import ended, publish, tell
from flows.programs.environment import be_quiet
from flows.programs.stopping import StopSwitch, stopped_by_signals
from flows.runs.lock import only_run
from flows.runs.prepare import prepare
from flows.runs.record import Recorder, new_record
from flows.runs.retention import prune_compared
from flows.runs.runner import Errand, StoppedError
from flows.server.dead import settle_dead_runs, settle_untold
from flows.server.history import history_name
from flows.showing.board import table_of
from flows.showing.journal import Journal, listen
from flows.showing.live import Live
from flows.showing.terminal import Terminal
from pipeline.command import as_told
from pipeline.comparison.contest import Contest
from pipeline.comparison.plan import read_plan
from pipeline.comparison.turns import check_folds, turns_of
from pipeline.foundation.errors import PipelineError
from pipeline.foundation.words import one_line

BEFORE = "baseline"
"""The last stage that a comparison needs; DVC brings those before it up to date as well."""


@flow(name="compare", persist_result=False)
def compare(project: str = ".", plan: str | None = None, seeds: int | None = None) -> State[Any]:
    """Train every candidate of a plan on the project's preprocessed data, and judge them together.

    Args:
        project: Folder with params.yaml and dvc.yaml.
        plan: Name of a preset, or a file; without: compare.yaml of the project, else the preset rivals.
        seeds: Trainings of each candidate; without: as the plan says.
    """
    be_quiet()
    folder = Path(project).resolve()
    try:
        listen()
        with only_run(folder, "convoy compare"):
            return _compare(folder, plan, seeds)
    except Exception as error:
        told = as_told(error)
        get_run_logger().error(str(told))
        Journal().write("error", str(told), level="error", numbers={"exit_code": told.exit_code})
        return Failed(message=one_line(str(told)))


def _compare(project: Path, plan: str | None, seeds: int | None) -> State[Any]:
    config = prepare(project, [], tell=Terminal().line)
    wanted = read_plan(plan, project)
    check_folds(wanted, config)
    server = history_name(project)
    settle_dead_runs(project, server)
    settle_untold(project, UUID(str(this_flow_run.id)))
    record = new_record(
        str(this_flow_run.name), server=server, flow_run_id=str(this_flow_run.id), flow="compare"
    )
    with Recorder(project, record) as recorder, stopped_by_signals(switch := StopSwitch()):
        errand = Errand(
            project,
            recorder.folder,
            recorder.reports,
            config.flow.deadline_seconds,
            with_upstream=True,
            stop=switch,
        )
        live = Live(project, UUID(record.flow_run_id), [BEFORE])
        journey = Journey(errand, recorder, Terminal(run=record.run), live)
        try:
            with live:
                bring_up_to_date(BEFORE, journey)
                turns = turns_of(project, config, wanted)
                prepare_all(turns, journey)
                contests = [Contest.in_turn(turn, wanted, seeds=seeds) for turn in turns]
                failed = train_all(contests, journey)
            table = table_of([each.without(failed) for each in contests], project, recorder.reports)
        except StoppedError as error:
            recorder.end("stopped", f"{error}; finished trainings are kept", error.exit_code)
            return ended(Cancelled, journey)
        except PipelineError as error:
            recorder.end("failed", str(error), error.exit_code)
            return ended(Failed, journey)
        recorder.end("completed", table.verdict, 0)
        if config.flow.keep_cache_days is not None:
            prune_compared(project, config.flow.keep_cache_days)
        publish(project, table)
        tell(table, journey.terminal)
        return ended(Completed, journey)
