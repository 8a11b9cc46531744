"""The tasks of a comparison: a stage, a fold, a training."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows.runs.record import Recorder, StageRun
from flows.runs.runner import Errand, StoppedError, run_stage
from flows.runs.said import Said
from flows.showing.live import Live
from flows.showing.terminal import Terminal
from pipeline.comparison.trainings import Training
from pipeline.comparison.turns import Turn
from pipeline.foundation.errors import PipelineError


@dataclass
class Journey:
    """What the tasks of one comparison share."""

    errand: Errand
    recorder: Recorder
    terminal: Terminal
    live: Live


@task(name="stage", task_run_name="{stage}", cache_policy=NO_CACHE, persist_result=False)
def bring_up_to_date(stage: str, journey: Journey) -> StageRun:
    """Bring ``stage`` and those before it up to date.

    Raises:
        PipelineError: One of them ended with an error.
    """
    return _run(stage, journey, journey.errand)


@task(name="training", task_run_name="{name}", cache_policy=NO_CACHE, persist_result=False)
def train(name: str, training: Training, journey: Journey, pace: str) -> StageRun:
    """Train one candidate with one seed, unless that has been done.

    Args:
        name: What it is called.
        training: What is trained.
        journey: What the tasks share.
        pace: How many are left.

    Raises:
        PipelineError: The training ended with an error.
    """
    if training.is_done:
        training.folder.touch()  # used, so that it stays
        return _known(name, journey, "trained before, with the same data, settings and code")
    if training.prepare():
        pace += "; the extractor was fitted before, with the same data, settings and code"
    try:
        return _run(name, journey, _errand(journey.errand, training.folder, "train"), pace)
    finally:
        try:
            training.share()
        except (OSError, PipelineError) as error:
            get_run_logger().warning("the extractor of %s is not kept for others: %s", name, error)


@task(name="fold", task_run_name="{name}", cache_policy=NO_CACHE, persist_result=False)
def prepare_turn(name: str, turn: Turn, journey: Journey) -> StageRun:
    """Make the data set, the floors and the rivals of one fold, unless they are there.

    Raises:
        PipelineError: A stage ended with an error.
    """
    if turn.is_done:
        turn.project.touch()
        return _known(name, journey, "made before, from the same rows, settings and code")
    turn.prepare()
    return _run(name, journey, _errand(journey.errand, turn.project, "turn"))


def _known(name: str, journey: Journey, why: str) -> StageRun:
    """Say that nothing has to be done."""
    get_run_logger().info(why)
    journey.live.ended(name, "up to date")
    return journey.recorder.stage(StageRun(name, "up to date"))


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


def _run(name: str, journey: Journey, errand: Errand, pace: str = "") -> StageRun:
    log, began = get_run_logger(), time.monotonic()

    def hear(told: Said) -> None:
        if told.text:
            log.info(told.text)
        journey.terminal.said(name, told)
        journey.live.heard(name, told)

    journey.terminal.begins(name, pace)
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
