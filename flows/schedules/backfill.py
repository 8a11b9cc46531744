"""`convoy backfill`: past times of a schedule, one after the other, each with the data that were there then."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from flows.programs.environment import be_quiet
from flows.runs.lock import only_run
from flows.runs.prepare import undo_what_was_killed
from flows.runs.record import Record
from flows.schedules.schedule import Schedule
from flows.schedules.windows import Window, windows_of
from flows.server.history import history
from flows.server.outcome import record_of_flow
from flows.showing.scores import read_scores
from flows.showing.terminal import Terminal
from flows.versions.leaving import let_leave
from flows.versions.named import time_name
from flows.versions.workspace import put_back
from pipeline.foundation.words import plural
from pipeline.params import read_config

STOPPED = 130


def backfill(
    project: Path,
    span: tuple[str, str],
    schedule: Schedule | None,
    *,
    every_run: bool = False,
    promote: bool = False,
    name: str | None = None,
) -> int:
    """Run the past times of ``span``, the oldest first, and return the exit code: that of the first run that failed.

    The project is held all the while: between two of its runs the settings name old data, from which no other run may
    begin. Afterwards params, lock and results are what they were before, also after a kill, by the next run: the past
    was looked at, and what is predicted or trained next has to follow from the present.

    Args:
        project: Folder of the project, absolute.
        span: First and last day or time.
        schedule: When; None: as the project is deployed.
        every_run: Run a time, too, whose snapshot is that of the time before.
        promote: Let the model of each run become the champion, if it is blessed.
        name: Of the deployment, where several retrain the project.

    Raises:
        ConfigError: Times, schedule or project are not what they should be.
        DataError: There is no snapshot from then.
    """
    be_quiet()
    with only_run(project, "convoy backfill"):
        undo_what_was_killed(project, tell=Terminal().line)
        config = read_config(project / "params.yaml")
        with history(project) as wait_until_ready:
            wait_until_ready()
            from prefect.context import refresh_global_settings_context

            from flows.schedules.span import past_times, schedules_of

            refresh_global_settings_context()  # a schedule was checked before there was an address
            zone = None if schedule is None else schedule.timezone
            times = past_times(schedules_of(project, schedule, span[0], name=name), *span, timezone=zone)
            windows = windows_of(project, config, times, every_run=every_run)
            with put_back(project):
                code = _run(project, windows, promote=promote)
            for told in let_leave(project):  # what came back for it
                Terminal().line(told)
    _tell(windows)
    return code


def _run(project: Path, windows: Sequence[Window], *, promote: bool) -> int:
    """Run what is not done yet, and return the exit code."""
    code, terminal = 0, Terminal()
    terminal.line(f"{plural(len(windows), 'time')} to run; params and results are put back afterwards")
    for number, window in enumerate(windows, 1):
        head = f"{number}/{len(windows)}  {window.as_of:%Y-%m-%d %H:%M}Z  {window.snapshot.name}"
        if window.is_done():
            terminal.line(f"{head}  done before")
            continue
        terminal.line(head)
        record = _run_one(project, window.as_of, promote=promote)
        if record.state == "completed":
            scores = read_scores(project)
            window.keep(record.run, scores.verdict if scores else record.message)
        else:
            terminal.line(f"{head}  {record.state}: {record.message}")
            code = code or record.exit_code
        if record.exit_code == STOPPED:
            return STOPPED
    return code


def _run_one(project: Path, as_of: datetime, *, promote: bool) -> Record:
    from flows.retrain import retrain

    run = retrain.with_options(flow_run_name=f"backfill-{time_name(as_of)}")
    wishes = {"as_of": as_of.isoformat(), "past": True, "promote": promote}
    return record_of_flow(project, lambda: run(str(project), **wishes, return_state=True))


def _tell(windows: Sequence[Window]) -> None:
    terminal = Terminal()
    terminal.line()
    rows = [
        [f"{window.as_of:%Y-%m-%d %H:%M}Z", window.snapshot.name, window.told() or "not done"]
        for window in windows
    ]
    terminal.table(["as of", "snapshot", ""], rows, left=3)
    terminal.line()
    terminal.line(
        "settings and lock of each lie in .convoy/backfill; docs/schedules.md: how its results come back"
    )
