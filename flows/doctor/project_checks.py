"""One project: its files, its disk, and what killed runs left in it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from flows.doctor.findings import Finding, ok, problem, warn
from flows.runs.disk import FEW, LEAST, MAKE_ROOM, free_gib
from flows.runs.record import dead_runs
from flows.runs.serving import servings
from flows.showing.unsent import summed, unsent
from flows.versions.cache import damaged_objects
from flows.versions.edited import examined_snapshots, is_read, mend, what_differs
from flows.versions.locks import stale_entries
from pipeline.foundation.errors import IntegrityError, PipelineError
from pipeline.foundation.folder import damage_of
from pipeline.foundation.parent import lives
from pipeline.params import read_config
from pipeline.registry.bundle import damage
from pipeline.registry.champion import read_registry, version_folder
from pipeline.stages.run import STAGES

_REPAIR = "convoy doctor --repair"


def examine_project(project: Path) -> Iterator[Finding]:
    """Yield what there is to say about the project in a folder."""
    yield _params(project)
    yield _dvc(project)
    yield _git_repository(project)
    yield _disk(project)
    yield from _writable(project)
    yield from _locks(project)
    yield from _leftovers(project)
    yield from _told(project)
    yield from _folders(project)
    yield from _cache(project)
    yield from _snapshots(project)
    yield from _champion(project)


def damaged_folders(project: Path) -> dict[Path, str]:
    """Return the stage folders that are not what their manifest lists, each with the reason."""
    damaged: dict[Path, str] = {}
    for stage in STAGES:
        folder = project / "data" / stage
        if folder.is_dir() and (why := damage_of(folder)) is not None:
            damaged[folder] = why
    return damaged


def leftovers(project: Path) -> list[Path]:
    """Return what killed stages left half built in ``data/.tmp``; that of a living process is none."""
    found = (project / "data" / ".tmp").glob("*")
    return sorted(path for path in found if not _is_being_built(path))


def _is_being_built(path: Path) -> bool:
    pid = path.name.split(".")[1:2]
    return bool(pid) and pid[0].isdigit() and lives(int(pid[0]))


def _params(project: Path) -> Finding:
    try:
        read_config(project / "params.yaml")
    except PipelineError as error:
        return problem(str(error), "correct params.yaml")
    return ok("params.yaml is valid")


def _dvc(project: Path) -> Finding:
    for name in ("dvc.yaml", ".dvc"):
        if not (project / name).exists():
            return problem(f"{project} has no {name}", "make a project with `convoy init DIR --data FILE`")
    return ok("DVC is set up")


def _git_repository(project: Path) -> Finding:
    if shutil.which("git") is None:
        return warn("without git, `dvc exp` and the history of params are not available", "install git")
    asked = subprocess.run(
        ["git", "-C", str(project), "rev-parse", "--is-inside-work-tree"], capture_output=True, check=False
    )
    if asked.returncode:
        return warn("the project is in no git repository, so params and results have no history", "git init")
    return ok("git keeps the history")


def _disk(project: Path) -> Finding:
    free = free_gib(project)
    if free < LEAST:
        return problem(
            f"only {free:.2f} GiB are free on the disk of {project}",
            MAKE_ROOM,
        )
    if free < FEW:
        return warn(
            f"only {free:.1f} GiB are free on the disk",
            "DVC keeps every version of data and results, unless flow.keep_cache_days says how long",
        )
    return ok(f"{free:.0f} GiB free on the disk")


def _writable(project: Path) -> Iterator[Finding]:
    for name in (".", "data", ".convoy", "reports", ".dvc/cache", ".dvc/tmp"):
        folder = project / name
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
            yield problem(f"{folder} cannot be written to", f"chown -R $USER {folder}")


def _locks(project: Path) -> Iterator[Finding]:
    for path in stale_entries(project):
        yield problem(f"DVC holds {path} locked in the name of a process that is no DVC", _REPAIR)


def _leftovers(project: Path) -> Iterator[Finding]:
    for path in leftovers(project):
        yield warn(f"{path} was left by a killed stage", _REPAIR)
    for _, record in dead_runs(project):
        yield warn(f"run {record.run} was killed; the next `convoy run` says so in the history")


def _told(project: Path) -> Iterator[Finding]:
    """Yield who was not told, and who serves no more without having said so."""
    for missed in summed(unsent(project)):
        yield warn(missed, "correct CONVOY_NOTIFY, then `convoy notify --test`")
    for serving in servings(project):
        if serving.was_killed:
            yield problem(
                f"`convoy serve`, process {serving.process.pid}, was killed, and nothing serves since: {serving.what}",
                f"start it again, or {_REPAIR} forgets it",
            )


def _folders(project: Path) -> Iterator[Finding]:
    damaged = damaged_folders(project)
    for reason in damaged.values():
        yield problem(reason, f"{_REPAIR}, then convoy run")
    finished = [stage for stage in STAGES if (project / "data" / stage).is_dir()]
    if finished and not damaged:
        yield ok(f"every file of {', '.join(finished)} is what its stage wrote")


def _cache(project: Path) -> Iterator[Finding]:
    try:
        count, damaged = damaged_objects(project)
    except IntegrityError as error:
        what, _, mend = str(error).partition("; ")
        yield problem(what, mend)
        return
    for path in damaged:
        yield problem(f"{path} in DVC's cache is not what its name says", _REPAIR)
    if count and not damaged:
        yield ok(f"{count} objects in DVC's cache are what their names say")


def _snapshots(project: Path) -> Iterator[Finding]:
    """Look for snapshots that were edited; what is wrong with the settings has been said."""
    try:
        config = read_config(project / "params.yaml")
    except PipelineError:
        return
    for folder, wrong in examined_snapshots(project).items():
        level = problem if is_read(folder, config) else warn
        yield level(what_differs(folder, wrong), mend(folder))


def _champion(project: Path) -> Iterator[Finding]:
    try:
        champion = read_registry(project).champion
    except IntegrityError as error:
        yield problem(str(error), "with git, remove it: `convoy models` then reads the tags")
        return
    if champion is None:
        return
    wrong = damage(version_folder(project, champion))
    if wrong:
        yield problem(f"the champion {champion}: {wrong}", f"convoy rollback {champion}")
    else:
        yield ok(f"the champion {champion} is whole")
