"""New data of a run: taken before the stages, kept or brought back once the gate has spoken."""

from datetime import datetime
from pathlib import Path

from prefect import get_run_logger

from flows.retraining.trip import Trip
from flows.versions.graph import forget_plan
from flows.versions.past import read_as_of
from flows.versions.snapshot import GATE, Snapshot, also, take_snapshot
from pipeline.config import Config
from pipeline.foundation.addresses import shown


def take_new_data(project: Path, config: Config, as_of: datetime) -> Snapshot | None:
    """Take a snapshot of new data, where the settings say that there may be some."""
    snapshot = take_snapshot(project, config, as_of)
    if config.flow.new_data is not None:
        told = "nothing new" if snapshot is None else f"took {snapshot.folder}"
        get_run_logger().info("%s in %s", told, shown(config.flow.new_data))
        forget_plan(project)
    return snapshot


def read_past(project: Path, config: Config, as_of: datetime) -> None:
    """Let the stages read what was there at a past time."""
    folder = read_as_of(project, config, as_of)
    get_run_logger().info("as of %s: %s", as_of.isoformat(timespec="minutes"), folder)
    forget_plan(project)


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
    edited = snapshot.edited()
    kept = snapshot.undo()
    trip.recorder.note(f"the new data went to {kept}; data, params and lock are those of the last run")
    if edited:
        trip.recorder.note(also(edited, snapshot.replaced))


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
