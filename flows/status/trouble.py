"""What needs a person now, each with the next command."""

import os
from collections.abc import Iterator
from pathlib import Path

from flows.runs.disk import LEAST, MAKE_ROOM, free_gib
from flows.showing.unsent import summed, unsent
from flows.status.found import Data, Drift, Prediction, Run, Schedule, Trouble
from flows.status.schedule import is_served
from flows.versions.locks import stale_entries
from pipeline.foundation.errors import BusyError
from pipeline.registry.bundle import damage
from pipeline.registry.champion import Registry, version_folder

_REPAIR = "convoy doctor --repair"


def of_schedule(schedule: Schedule, *, must_be_served: bool) -> Iterator[Trouble]:
    """Yield what is wrong with what runs by itself.

    Args:
        schedule: What was found.
        must_be_served: Whether it is wrong that nothing serves the project.
    """
    if os.environ.get("PREFECT_API_URL") and schedule.server is None:
        yield Trouble(schedule.told, "start that server, or correct PREFECT_API_URL")
    elif schedule.server is None and any(each.state == "lives" for each in schedule.served):
        yield Trouble(
            f"`convoy serve` lives, and its server does not answer: {schedule.told}", "convoy doctor"
        )
    for each in schedule.served:
        if each.state == "killed":
            yield Trouble(
                f"`convoy serve`, process {each.pid}, was killed, and nothing serves since",
                f"start it again: convoy serve …; {_REPAIR} forgets it",
            )
    for times in schedule.times:
        if times.pool is not None and not times.is_asked_for and times.when != "paused":
            worker = f"prefect worker start --pool {times.pool} --type process"
            yield Trouble(f"no worker asks for the runs of {times.title}", worker)
        elif times.late and is_served(schedule):
            yield Trouble(f"{times.title}: {times.late} of its times passed, and no run began", "convoy ui")
    if must_be_served and not is_served(schedule):
        yield Trouble("nothing serves the project", "convoy serve --cron LINE")


def of_runs(run: Run | None, prediction: Prediction | None, data: Data | None) -> Iterator[Trouble]:
    """Yield how the last runs failed; one that was only told to wait is no trouble."""
    if run is not None and run.state in ("failed", "crashed") and run.exit_code != BusyError.exit_code:
        is_refusal = data is not None and data.refused is not None and data.refused in run.why
        mend = f"look at reports/{run.run}, mend the source or quality.yaml" if is_refusal else "convoy run"
        yield Trouble(f"the last run {run.state}: {run.why}", mend)
    elif data is not None and data.refused is not None:
        yield Trouble(f"newer data were refused: {data.refused_why}", f"look at {data.refused}")
    if prediction is not None and not prediction.went_well:
        yield Trouble(f"the last prediction failed: {prediction.told}", "convoy predict INPUT --out FILE")


def of_drift(drift: Drift | None, *, retrains: bool) -> Iterator[Trouble]:
    """Yield an alarm that nothing answers by itself."""
    if drift is not None and drift.open and not retrains:
        yield Trouble("new data are not like those of the champion", "look at reports/drift.html; convoy run")


def of_project(project: Path) -> Iterator[Trouble]:
    """Yield what stands in the way of the next run, or was told to nobody."""
    for missed in summed(unsent(project)):
        yield Trouble(missed, "correct CONVOY_NOTIFY, then: convoy notify --test")
    for path in stale_entries(project):
        yield Trouble(f"DVC holds {path} locked in the name of a process that is no DVC", _REPAIR)
    if (free := free_gib(project)) < LEAST:
        yield Trouble(
            f"only {free:.2f} GiB are free on the disk",
            MAKE_ROOM,
        )


def of_champion(project: Path, registry: Registry) -> Iterator[Trouble]:
    """Yield what is wrong with the folder of the champion."""
    if registry.champion is not None and (wrong := damage(version_folder(project, registry.champion))):
        yield Trouble(f"the champion {registry.champion}: {wrong}", f"convoy rollback {registry.champion}")
