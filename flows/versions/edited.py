"""Snapshots that somebody changed after they were taken: what is read then is not what DVC and the lineage say."""

from pathlib import Path

from flows.versions.graph import Plan
from flows.versions.kept import differing
from flows.versions.pointing import RAW
from flows.versions.snapshot import pointer_of
from pipeline.config import Config
from pipeline.foundation.errors import DataError
from pipeline.sources.taken import texts

MEND = "`dvc checkout --force {pointer}` brings back what was taken; if it was meant, `dvc add {folder}` keeps it"


def edited_snapshots(project: Path, plan: Plan) -> dict[Path, str]:
    """Return snapshot → a file in which it is no longer what was taken.

    Only what DVC found changed by size and time is hashed here.
    """
    folders = [Path(pointer).with_suffix("") for pointer in sorted(plan.edited)]
    taken = [folder for folder in folders if folder.is_relative_to(RAW) and (project / folder).is_dir()]
    found = {folder: differing(project, folder) for folder in taken}
    return {folder: wrong for folder, wrong in found.items() if wrong is not None}


def examined_snapshots(project: Path) -> dict[Path, str]:
    """Return the same without DVC, whose status removes a damaged object of the cache where it meets one.

    Only a snapshot in which something changed since its pointer was written is hashed.
    """
    pointers = sorted((project / RAW).glob("*/*.dvc"))
    folders = [pointer.with_suffix("") for pointer in pointers]
    later = [folder.relative_to(project) for folder in folders if folder.is_dir() and _is_touched(folder)]
    found = {folder: differing(project, folder) for folder in later}
    return {folder: wrong for folder, wrong in found.items() if wrong is not None}


def _is_touched(folder: Path) -> bool:
    since = pointer_of(folder).stat().st_mtime_ns
    return any(path.lstat().st_ctime_ns > since for path in (folder, *folder.rglob("*")))


def require_unedited(project: Path, config: Config, plan: Plan) -> list[str]:
    """Look whether the snapshots that the source reads are what was taken, and return what to tell of others.

    Raises:
        DataError: One of them is not.
    """
    found = edited_snapshots(project, plan)
    for folder, wrong in found.items():
        if is_read(folder, config):
            raise DataError(f"{what_differs(folder, wrong)}; {mend(folder)}")
    return [f"{what_differs(folder, wrong)}; {mend(folder)}" for folder, wrong in found.items()]


def is_read(folder: Path, config: Config) -> bool:
    """Return whether the source reads something in a folder."""
    return any(Path(text).is_relative_to(folder) for text in texts(config.sources.model_dump(mode="json")))


def what_differs(folder: Path, wrong: str) -> str:
    """Return what is the matter with an edited snapshot."""
    return f"{folder / wrong} is not what was taken: it was changed, or came or went, after the snapshot was made"


def mend(folder: Path) -> str:
    """Return what to do about it."""
    return MEND.format(pointer=f"{folder.as_posix()}.dvc", folder=folder.as_posix())
