"""New data of a run: taken before the stages, kept or brought back once the gate has spoken."""

from datetime import datetime
from pathlib import Path

from prefect import get_run_logger

from flows.retraining.trip import Trip
from flows.versions.edited import require_unedited
from flows.versions.graph import Plan, read_plan
from flows.versions.past import read_as_of
from flows.versions.snapshot import GATE, Snapshot
from flows.versions.taking import take_snapshot
from pipeline.config import Config
from pipeline.foundation.addresses import shown


def take_new_data(project: Path, config: Config, as_of: datetime) -> tuple[Snapshot | None, Plan]:
    """Take a snapshot of new data, where the settings say that there may be some; return it and what is to be run.

    Raises:
        DataError: The snapshot in use was edited, so nothing could be compared with it.
    """
    log, plan = get_run_logger(), read_plan(project)
    for told in require_unedited(project, config, plan):
        log.warning(told)
    snapshot = take_snapshot(project, config, as_of, tell=log.info)
    if config.flow.new_data is not None:
        told = "nothing new" if snapshot is None else f"took {snapshot.folder}"
        log.info("%s in %s", told, shown(config.flow.new_data))
    return snapshot, plan if snapshot is None else read_plan(project)


def read_past(project: Path, config: Config, as_of: datetime) -> tuple[None, Plan]:
    """Let the stages read what was there at a past time; return that nothing was taken, and what is to be run."""
    folder = read_as_of(project, config, as_of)
    get_run_logger().info("as of %s: %s", as_of.isoformat(timespec="minutes"), folder)
    return None, read_plan(project)


def settle(snapshot: Snapshot | None, trip: Trip) -> None:
    """Keep new data that passed the gate; else bring everything back as it was before they came."""
    if snapshot is None:
        return
    outcomes = {run.stage: run.outcome for run in trip.recorder.record.stages}
    passed = ("ran", "restored", "up to date")
    if all(outcomes.get(stage) in passed for stage in GATE if stage in trip.plan.upstream):
        snapshot.keep()
        _tell_drift(trip)
        return
    undone = snapshot.undo()
    trip.recorder.note(f"the new data went to {undone.kept}; data, params and lock are those of the last run")
    if undone.edited:
        trip.recorder.note(undone.edited)


def _tell_drift(trip: Trip) -> None:
    """Say whether new data are like those of the champion, and keep all tests among the reports of the run."""
    from flows.watching.new_data import drift_from_champion, entry_of  # they bring Polars along

    errand = trip.errand
    found = drift_from_champion(errand.project, errand.reports)
    if found is None:
        return
    told = found if isinstance(found, str) else f"new data beside those of the champion: {found.summary}"
    numbers: dict[str, object] = {} if isinstance(found, str) else {"drift": found.drift, "rows": found.rows}
    get_run_logger().info(told)
    trip.terminal.news("drift", told, **numbers)
    if not isinstance(found, str):
        trip.drift = entry_of(errand.project, found, run=trip.recorder.record.run), told
