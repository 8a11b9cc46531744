"""One stage as one child process: its lines, its deadline, its end, and what it wrote about an error.

DVC decides whether the stage has to run. The child is the launcher that becomes DVC, in a session of its
own: whatever it starts is one process group, which is gone before this module returns.
"""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flows.programs.environment import child_environment
from flows.programs.launch import launched
from flows.programs.lines import follow
from flows.programs.processes import end_group
from flows.programs.stopping import StopSwitch
from flows.runs.record import Outcome, StageRun
from flows.runs.said import LINE, Said, said
from pipeline.foundation.errors import BusyError, PipelineError
from pipeline.foundation.records import VARIABLE

GRACE_SECONDS = 2.0
"""From asking a stage to end until it is killed; Ctrl-C has to be through within five seconds."""

_BUSY = "is busy, it is being blocked by"
_ENDED = re.compile(r"exited with (-?\d+)")
_CHATTER = re.compile(
    r"Running stage '.*':|> .*|(Generating|Updating) lock file '.*'|To track the changes with git, run:|"
    r"\tgit add .*|To enable auto staging, run:|\tdvc config core.autostage true|Use `dvc push` to send .*|"
    r"Data and pipelines are up to date\.|Stage '.*' (didn't change, skipping|is cached .*)|"
    r"ERROR: failed to reproduce '.*': failed to run: .*|\s*"
)


class StageError(PipelineError):
    """A stage ended with an error."""

    def __init__(self, stage: str, message: str, *, exit_code: int = 1, retryable: bool = False) -> None:
        super().__init__(message)
        self.stage = stage
        self.exit_code = exit_code
        self.retryable = retryable


class StoppedError(PipelineError):
    """The run was asked to end while the stage ran; its whole process group is gone."""

    exit_code = 130


@dataclass(frozen=True)
class Errand:
    """Everything that the stages of one run have in common."""

    project: Path
    run_folder: Path
    reports: Path
    deadline_seconds: float
    force: bool = False
    """Run stages even if nothing changed."""
    with_upstream: bool = False
    """Bring the stages before the one asked for up to date as well."""
    stop: StopSwitch = field(default_factory=StopSwitch)
    command: Sequence[str] = ()
    """What is run in the project, instead of DVC: a training of a comparison is none of its stages."""


def run_stage(stage: str, errand: Errand, *, on_line: Callable[[Said], None]) -> StageRun:
    """Let DVC bring ``stage`` up to date and hand each line it says to ``on_line``.

    Args:
        stage: Name in ``dvc.yaml``.
        errand: The project, the run's folders, the deadline and the switch that ends the stage early.
        on_line: Called in this thread, and the stage waits for it; DVC's own chatter is left out.

    Raises:
        StageError: The stage ended with an error, or was still running at its deadline.
        StoppedError: ``errand.stop`` was set.
    """
    errand.run_folder.mkdir(parents=True, exist_ok=True)
    _story_path(stage, errand).unlink(missing_ok=True)
    began = time.monotonic()
    deadline = began + errand.deadline_seconds
    heard = _Heard()
    process = _start(stage, errand)
    try:
        for line in follow(process, lambda: errand.stop.is_set() or time.monotonic() > deadline):
            for each in said(line):
                if heard.is_news(each):
                    on_line(each)
        has_ended = process.poll() is not None
    finally:
        # Also after an exception in ``on_line``: nothing is left behind.
        end_group(process, grace_seconds=0.0 if errand.stop.urgent else GRACE_SECONDS)
    seconds = time.monotonic() - began
    if not has_ended:
        raise _cut_short(stage, errand, seconds)
    if process.returncode:
        raise _failure(stage, errand, process.returncode, heard)
    return StageRun(stage, heard.outcome, round(seconds, 2))


@dataclass
class _Heard:
    """What DVC's own lines tell."""

    outcome: Outcome = "ran"
    problem: str = ""
    is_busy: bool = False

    def is_news(self, told: Said) -> bool:
        """Take note of a line and return whether somebody wants to hear it."""
        line = told.text
        if "didn't change, skipping" in line:
            self.outcome = "up to date"
        elif "is cached - skipping run" in line:
            self.outcome = "restored"
        elif line.startswith("Running stage '"):
            self.outcome = "ran"
        elif line.startswith("ERROR: "):
            self.problem = line.removeprefix("ERROR: ")
        self.is_busy = self.is_busy or _BUSY in line
        return told.event != LINE or _CHATTER.fullmatch(line) is None


def _start(stage: str, errand: Errand) -> subprocess.Popen[bytes]:
    flags = ["--force"] * errand.force + ["--single-item"] * (not errand.with_upstream)
    dvc = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro", *flags, stage]
    return subprocess.Popen(
        launched(list(errand.command) or dvc),
        cwd=errand.project,
        env=_environment(errand),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _environment(errand: Errand) -> dict[str, str]:
    folders = {"CONVOY_RUN_FOLDER": errand.run_folder, "CONVOY_REPORTS": errand.reports}
    return child_environment({**folders, VARIABLE: "1"})


def _story_path(stage: str, errand: Errand) -> Path:
    return errand.run_folder / f"{stage}.json"


def _cut_short(stage: str, errand: Errand, seconds: float) -> PipelineError:
    if errand.stop.is_set():
        return StoppedError(f"{stage} was ended by {errand.stop.reason} after {seconds:.0f} s")
    return StageError(
        stage,
        f"{stage} was still running after flow.deadline_seconds={errand.deadline_seconds:g} and has been "
        f"ended; raise that setting if it needs longer",
    )


def _failure(stage: str, errand: Errand, code: int, heard: _Heard) -> StageError:
    """Return the error that the stage wrote down: DVC itself loses class and exit code."""
    own = _story_path(stage, errand)
    stories = sorted(errand.run_folder.glob("*.json")) if errand.with_upstream else [own]
    for path in stories:
        if path.exists() and path.name != "run.json":
            story = json.loads(path.read_text(encoding="utf-8"))
            return StageError(
                story["stage"],
                story["message"],
                exit_code=story["exit_code"],
                retryable=story["retryable"],
            )
    if heard.is_busy:
        busy = f"{stage} is held by another DVC command; wait until it ends and run again"
        return StageError(stage, busy, exit_code=BusyError.exit_code, retryable=True)
    ended = _ENDED.search(heard.problem)
    number = int(ended[1]) if ended else code
    killer = _killer(number)
    if killer is not None:
        who = stage if ended or errand.command else f"DVC, while it ran {stage},"
        return StageError(
            stage,
            f"{who} was killed by {killer.name}; if nobody did that, the machine may have "
            f"run out of memory. Run again: finished stages are kept",
        )
    if ended:
        return StageError(stage, f"{stage} ended with exit code {number}; its last lines above tell more")
    runner = "it" if errand.command else "DVC"
    return StageError(stage, f"{stage} failed: {heard.problem or f'{runner} ended with exit code {number}'}")


def _killer(code: int) -> signal.Signals | None:
    """Return the signal behind an exit code, told as ``-9`` or, by a shell that waited for us, as ``137``."""
    number = -code if code < 0 else code - 128
    return signal.Signals(number) if number in set(signal.Signals) else None
