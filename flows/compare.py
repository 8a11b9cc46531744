"""The flow that compares: the stages up to the baselines, one task per training, then the leaderboard."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_link_artifact, create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run as this_flow_run
from prefect.states import Cancelled, Completed, Failed

from flows.programs.environment import be_quiet
from flows.programs.stopping import StopSwitch, stopped_by_signals
from flows.runs.lock import only_run
from flows.runs.prepare import prepare
from flows.runs.record import Recorder, StageRun, new_record
from flows.runs.runner import Errand, StageError, StoppedError, run_stage
from flows.runs.said import Said
from flows.server.dead import settle_dead_runs, settle_untold
from flows.server.history import history_name
from flows.showing.board import Table, table_of
from flows.showing.journal import Journal, listen
from flows.showing.keys import key_of
from flows.showing.live import Live
from flows.showing.tags import tag_run, version_tags
from flows.showing.terminal import Terminal
from pipeline.command import as_told
from pipeline.comparison.config import OWN
from pipeline.comparison.contest import Contest
from pipeline.comparison.plan import read_plan
from pipeline.comparison.trainings import Training
from pipeline.comparison.turns import Turn, check_folds, turns_of
from pipeline.foundation.errors import PipelineError
from pipeline.foundation.words import one_line

BEFORE = "baseline"
"""The last stage that a comparison needs; DVC brings those before it up to date as well."""


@dataclass
class Journey:
    """What the tasks of one comparison share."""

    errand: Errand
    recorder: Recorder
    terminal: Terminal
    live: Live


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


@task(name="stage", task_run_name="{stage}", cache_policy=NO_CACHE, persist_result=False)
def bring_up_to_date(stage: str, journey: Journey) -> StageRun:
    """Bring ``stage`` and those before it up to date.

    Raises:
        PipelineError: One of them ended with an error.
    """
    return _run(stage, journey, journey.errand)


@task(name="training", task_run_name="{name}", cache_policy=NO_CACHE, persist_result=False)
def train(name: str, training: Training, journey: Journey) -> StageRun:
    """Train one candidate with one seed, unless that has been done.

    Raises:
        PipelineError: The training ended with an error.
    """
    if training.is_done:
        get_run_logger().info("trained before, with the same data, settings and code")
        journey.live.ended(name, "up to date")
        return journey.recorder.stage(StageRun(name, "up to date"))
    training.prepare()
    return _run(name, journey, _errand(journey.errand, training.folder, "train"))


@task(name="fold", task_run_name="{name}", cache_policy=NO_CACHE, persist_result=False)
def prepare_turn(name: str, turn: Turn, journey: Journey) -> StageRun:
    """Make the data set, the floors and the rivals of one fold, unless they are there.

    Raises:
        PipelineError: A stage ended with an error.
    """
    if turn.is_done:
        get_run_logger().info("made before, from the same rows, settings and code")
        return journey.recorder.stage(StageRun(name, "up to date"))
    turn.prepare()
    return _run(name, journey, _errand(journey.errand, turn.project, "turn"))


def _errand(own: Errand, folder: Path, chain: str) -> Errand:
    """Return what runs several stages of a small project in one process, without DVC."""
    return Errand(
        folder,
        own.run_folder / folder.name,
        own.reports,
        own.deadline_seconds,
        with_upstream=True,
        stop=own.stop,
        command=[sys.executable, "-m", "pipeline", chain],
    )


def _run(name: str, journey: Journey, errand: Errand) -> StageRun:
    log, began = get_run_logger(), time.monotonic()

    def hear(told: Said) -> None:
        if told.text:
            log.info(told.text)
        journey.terminal.said(name, told)
        journey.live.heard(name, told)

    journey.terminal.begins(name)
    try:
        run = run_stage(name, errand, on_line=hear)
    except PipelineError as error:
        outcome = "stopped" if isinstance(error, StoppedError) else "failed"
        took = round(time.monotonic() - began, 2)
        journey.terminal.ended(journey.recorder.stage(StageRun(name, outcome, took)))  # type: ignore[arg-type]
        raise
    journey.terminal.ended(journey.recorder.stage(run))
    journey.live.ended(name, run.outcome)
    return run


def _compare(project: Path, plan: str | None, seeds: int | None) -> State[Any]:
    config = prepare(project, [], tell=Terminal().line)
    wanted = read_plan(plan, project)
    check_folds(wanted, config)
    server = history_name(project)
    settle_dead_runs(project, server)
    settle_untold(project, UUID(str(this_flow_run.id)))
    record = new_record(str(this_flow_run.name), server=server, flow_run_id=str(this_flow_run.id))
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
                _prepare_all(turns, journey)
                contests = [Contest.in_turn(turn, wanted, seeds=seeds) for turn in turns]
                failed = _train_all(contests, journey)
            table = table_of([each.without(failed) for each in contests], project, recorder.reports)
        except StoppedError as error:
            recorder.end("stopped", f"{error}; finished trainings are kept", error.exit_code)
            return _told(Cancelled, journey)
        except PipelineError as error:
            recorder.end("failed", str(error), error.exit_code)
            return _told(Failed, journey)
        recorder.end("completed", table.verdict, 0)
        _publish(project, table)
        _tell(table, journey.terminal)
        return _told(Completed, journey)


def _told(state: Callable[..., State[Any]], journey: Journey) -> State[Any]:
    record = journey.recorder.record
    tag_run(UUID(record.flow_run_id), version_tags(journey.recorder.project))
    level, numbers = (
        ("error" if record.exit_code else "info"),
        {"state": record.state, "exit_code": record.exit_code},
    )
    journey.terminal.journal.write("run_ends", record.message, level=level, numbers=numbers)
    return state(message=one_line(record.message))


def _prepare_all(turns: Sequence[Turn], journey: Journey) -> None:
    """Make what each fold needs; the project's own stages have made that of its own.

    Raises:
        PipelineError: A stage ended with an error, or the run was stopped.
    """
    others = [turn for turn in turns if turn.project != turn.origin]
    journey.terminal.plan([turn.name for turn in others])
    journey.live.plan([turn.name for turn in others])
    for turn in others:
        prepare_turn(turn.name, turn, journey)


def _train_all(contests: Sequence[Contest], journey: Journey) -> dict[str, str]:
    """Train whatever has not been trained; return the candidates whose training failed, with the reason.

    One that fails does not end the comparison, unless it is the project's own model; of several folds, it takes part
    in none.

    Raises:
        PipelineError: The project's own model cannot be trained, or the run was stopped.
    """
    wanted = [(each.turn, training) for each in contests for training in each.trainings()]
    names = [_unlike(training, turn) for turn, training in wanted]
    trainings = [training for _, training in wanted]
    journey.terminal.plan(names)
    journey.live.plan(names)
    left = sum(not training.is_done for training in trainings)
    journey.terminal.line(f"{len(trainings)} trainings, {len(trainings) - left} of them done before")
    failed: dict[str, str] = {}
    for name, training in zip(names, trainings, strict=True):
        if training.candidate in failed:
            continue
        try:
            train(name, training, journey)
        except StageError as error:
            if training.candidate == OWN:
                raise
            failed[training.candidate] = str(error)
    return failed


def _unlike(training: Training, turn: str) -> str:
    """Return the name of a training; those on a part of the data say which."""
    part = training.data.parent.name
    told = [training.name, turn, part if part.startswith("fold-") else ""]
    return ", ".join(word for word in told if word)


def _tell(table: Table, terminal: Terminal) -> None:
    terminal.line()
    terminal.line(table.verdict)
    terminal.line()
    terminal.table(table.header, table.rows, left=2)
    terminal.line()
    for reason in table.left_out:
        terminal.line(f"left out  {reason}")
    terminal.line(f"report   {table.page}")


def _publish(project: Path, table: Table) -> None:
    create_link_artifact(
        key=key_of(project, "comparison"),
        link=table.page.resolve().as_uri(),
        link_text=str(table.page),
        description="The leaderboard as a page. Browsers open a file from here only after copying the address.",
    )
    create_markdown_artifact(
        key=key_of(project, "leaderboard"),
        markdown=table.markdown(),
        description="Every candidate beside every floor and rival.",
    )
