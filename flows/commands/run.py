"""What `convoy run` does around the flow: check, hold the project, find a server, tell the end."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from flows.programs.environment import be_quiet, silence_prefect
from flows.runs.lock import only_run
from flows.runs.prepare import prepare
from flows.runs.record import Record
from flows.server.history import history
from flows.server.outcome import record_of_flow
from flows.showing.journal import complain, is_wanted
from flows.showing.scores import read_scores, report_page
from flows.showing.terminal import Terminal
from flows.versions.graph import prefetch_plan


def run_project(
    project: Path,
    overrides: Sequence[str] = (),
    *,
    force: bool = False,
    promote: bool = False,
    debug: bool = False,
) -> int:
    """Run the flow in this process and return the exit code.

    Args:
        project: Folder with ``params.yaml`` and ``dvc.yaml``.
        overrides: Settings as ``section.key=value``, written into ``params.yaml``.
        force: Run every stage, even if nothing changed.
        promote: Let the model become the champion afterwards, if it may.
        debug: Show Prefect's own lines and tracebacks.

    Raises:
        PipelineError: The run could not begin.
    """
    project = project.resolve()
    be_quiet_about(debug)
    with only_run(project, "convoy run"):
        prepare(project, overrides, tell=Terminal().line)
        prefetch_plan(project)
        with history(project) as wait_until_ready:
            # The params hold the overrides by now; Prefect, which shows what a flow was called with, need not.
            wishes = {"force": force, "promote": promote}
            record = _flow(project, wishes, wait_until_ready=wait_until_ready)
            _tell(project, record, Terminal())
    return record.exit_code


def be_quiet_about(debug: bool) -> None:
    """Let no telemetry out, and Prefect's own lines only where they are asked for."""
    be_quiet()
    if debug and not is_wanted():
        os.environ["CONVOY_DEBUG"] = "1"
    else:
        # Every line of a stage is shown by the terminal already; Prefect's own go to its history.
        silence_prefect()


def _flow(project: Path, wishes: Mapping[str, Any], *, wait_until_ready: Callable[[], None]) -> Record:
    from flows.retrain import retrain  # Prefect is imported while the server starts

    wait_until_ready()
    return record_of_flow(project, lambda: retrain(str(project), **wishes, return_state=True))


def _tell(project: Path, record: Record, terminal: Terminal) -> None:
    terminal.line()
    rows = [[run.stage, run.outcome, f"{run.seconds:.1f} s" if run.seconds else ""] for run in record.stages]
    terminal.table(["stage", "", "time"], rows, left=2)
    terminal.line()
    if record.exit_code:
        prefix = "error in " if record.state == "failed" else ""
        complain(record.message, record.exit_code, prefix=prefix, run=record.run)
        return
    if scores := read_scores(project):
        terminal.line(scores.verdict)
        terminal.line()
        terminal.table(scores.header, scores.rows)
        terminal.line()
    if page := report_page(project):
        terminal.line(f"report   {page}")
    if record.promotion:
        terminal.line(f"champion {record.promotion}")
    terminal.line("history  convoy ui")
