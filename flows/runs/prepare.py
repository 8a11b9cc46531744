"""What has to be true of a project before any of its stages runs."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from flows.runs.inputs import require_inputs
from flows.versions.locks import drop_stale_entries
from flows.versions.snapshot import JOURNAL, undo_killed
from flows.versions.workspace import JOURNAL as WORKSPACE
from flows.versions.workspace import put_back_killed
from pipeline.config import Config
from pipeline.foundation.errors import ConfigError, MachineError
from pipeline.foundation.files import write_atomically
from pipeline.params import override_params, read_config
from pipeline.stages.closure import CODE_FILE, code_text

_END_SECONDS = 10.0


def prepare(project: Path, overrides: Sequence[str], *, tell: Callable[[str], object]) -> Config:
    """Check and change the params, then clear away what killed runs left; the caller holds the project.

    Args:
        project: Folder with ``params.yaml`` and ``dvc.yaml``.
        overrides: Settings as ``section.key=value``, written into ``params.yaml``.
        tell: Hears what became of a killed run's new data.

    Raises:
        ConfigError: The folder is no project, or a setting or the quality suite is wrong.
        DataError: The source is not there, and DVC cannot bring it back.
        MachineError: A process that a killed run left behind does not end.
    """
    undo_what_was_killed(project, tell=tell)
    config = read_config(project / "params.yaml", overrides)
    for name, make in (("dvc.yaml", "convoy init DIR --data FILE"), (".dvc", "dvc init")):
        if not (project / name).exists():
            raise ConfigError(f"{project} has no {name}, so there are no stages to run; `{make}` makes it")
    require_inputs(project, config)
    override_params(project / "params.yaml", overrides)
    write_code_file(project)
    end_orphans(project)
    drop_stale_entries(project)
    return config


def undo_what_was_killed(project: Path, *, tell: Callable[[str], object]) -> None:
    """Let the params say what they said before a killed run took new data, or a killed backfill read old ones."""
    if any((project / journal).is_file() for journal in (JOURNAL, WORKSPACE)):
        end_orphans(project)
        drop_stale_entries(project)
        if told := undo_killed(project):
            tell(told)
        put_back_killed(project)


def write_code_file(project: Path) -> None:
    """Bring ``code.yaml`` up to date in a project that has one; equal content is not written again."""
    path = project / CODE_FILE
    if path.is_file() and path.read_text(encoding="utf-8") != (text := code_text()):
        write_atomically(text, path)


def end_orphans(project: Path) -> list[int]:
    """End what earlier runs of this project left running, and return the process ids.

    The kernel ends stages with their parent on Linux; elsewhere, or where a shell stood between, one may
    live on and would write beside the next run. It is known by the run folder in its environment.

    Raises:
        MachineError: A process does not end.
    """
    runs = str(project.resolve() / ".convoy" / "runs") + os.sep
    orphans = [process for process in psutil.process_iter() if _run_folder(process).startswith(runs)]
    for process in orphans:
        if process.pid != os.getpid():
            _kill(process)
    _, alive = psutil.wait_procs(orphans, timeout=_END_SECONDS)
    if alive:
        raise MachineError(
            f"process {alive[0].pid} of an earlier run does not end, not even killed, and would write beside "
            f"this run; end it and run again"
        )
    return [process.pid for process in orphans]


def _run_folder(process: psutil.Process) -> str:
    try:
        return str(process.environ().get("CONVOY_RUN_FOLDER", ""))
    except (psutil.Error, OSError):
        return ""


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.Error:
        return
