"""What `convoy doctor` does: look at machine, environment and project, and say how to mend what is wrong."""

from collections.abc import Iterable
from pathlib import Path

from flows.doctor.findings import Finding
from flows.doctor.machine_checks import examine_machine
from flows.doctor.project_checks import examine_project
from flows.doctor.repair import repair_project
from flows.programs.environment import be_quiet
from flows.runs.lock import only_run
from flows.showing.terminal import Terminal

_STYLES = {"ok": "green", "warn": "yellow", "problem": "red", "mended": "green"}


def examine(project: Path, *, repair: bool = False) -> int:
    """Print one line per finding and return 1 if a problem is left, else 0.

    Raises:
        BusyError: ``repair`` is asked for while a run holds the project.
    """
    be_quiet()
    project, terminal = project.resolve(), Terminal()
    problems = _told(examine_machine(), terminal)
    if not (project / "params.yaml").is_file():
        terminal.line(f"{'':8}  {project} is no project: only the machine was looked at")
        return int(problems > 0)
    if repair:
        with only_run(project, "convoy doctor --repair"):
            _told(repair_project(project), terminal)
    problems += _told(examine_project(project), terminal)
    return int(problems > 0)


def _told(findings: Iterable[Finding], terminal: Terminal) -> int:
    """Print findings as they come and return how many are problems."""
    count = 0
    for finding in findings:
        count += finding.level == "problem"
        terminal.line(f"{terminal.style(f'{finding.level:<8}', _STYLES[finding.level])}  {finding.what}")
        if finding.mend:
            terminal.line(f"{'':8}  → {finding.mend}")
    return count
