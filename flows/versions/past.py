"""What was known at a past time: the newest snapshot that had been taken by then, and never a later one."""

import re
import shutil
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flows.versions.command import call_dvc
from flows.versions.kept import differing
from flows.versions.pointing import point_at, snapshot_in_use
from pipeline.config import Config
from pipeline.foundation.errors import DataError, MachineError

_DATED = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{4})(\d{2})?Z)?(?:-(\d+))?")


@dataclass(frozen=True, order=True)
class Taken:
    """A dated snapshot."""

    begun: datetime
    """Before which it was not there; of two, the one with the later beginning is the newer."""

    number: int
    """Of several as of the same time."""

    folder: Path
    """``data/raw/NAME/AS_OF``, relative to the project."""

    at: datetime = field(compare=False)
    """From when on it was there for certain. One that only names a day may have been taken at any time of it, so from
    its end; it began the project, though, and is older than all others of that day."""


def snapshots(project: Path, current: Path) -> list[Taken]:
    """Return the dated snapshots beside ``current``, also those that only DVC's cache holds, the oldest first."""
    home = project / current.parent
    names = {path.name for path in home.iterdir() if path.is_dir()} if home.is_dir() else set()
    names |= {path.stem for path in home.glob("*.dvc")}
    found = [taken_of(current.parent / name) for name in names]
    return sorted(taken for taken in found if taken is not None)


def snapshot_as_of(project: Path, current: Path, as_of: datetime) -> Path | None:
    """Return the newest snapshot that was there at ``as_of``; None: there was none yet."""
    known = [taken for taken in snapshots(project, current) if taken.at <= as_of]
    return known[-1].folder if known else None


def read_as_of(project: Path, config: Config, as_of: datetime) -> Path:
    """Let ``params.yaml`` and ``dvc.yaml`` name the newest snapshot that was there at ``as_of``, and return it.

    Raises:
        ConfigError: The source reads no dated snapshots, or its path cannot be exchanged.
        DataError: None was there yet, or it has been changed since, or DVC's cache does not hold it any more.
    """
    current = snapshot_in_use(config)
    folder = snapshot_as_of(project, current, as_of)
    if folder is None:
        raise DataError(
            f"{current.parent} holds no snapshot that was taken by {as_of:%Y-%m-%dT%H:%M%z}, and a later one must not "
            f"be seen; begin with a later date"
        )
    bring_back(project, folder)
    if wrong := differing(project, folder):
        raise DataError(
            f"{folder / wrong} is not what was taken then: its MD5 is another, or it came or went; bring the snapshot "
            f"back with `dvc checkout --force {folder.as_posix()}.dvc` (a damaged cache: `dvc fetch` first)"
        )
    point_at(project, current, folder)
    return folder


def bring_back(project: Path, folder: Path) -> None:
    """Let DVC's cache give a snapshot back that has left its folder.

    Raises:
        DataError: The cache does not hold it any more.
    """
    if (project / folder).exists():
        return
    pointer = f"{folder.as_posix()}.dvc"
    try:
        call_dvc(["checkout", "--quiet", pointer], project)
    except MachineError:
        shutil.rmtree(project / folder, ignore_errors=True)  # what DVC found of it
        raise DataError(
            f"the snapshot {folder} is gone: it left its folder (flow.keep_snapshots), and DVC's cache does not hold "
            f"it any more (flow.keep_cache_days); `dvc pull {pointer}` brings it from a remote that has it, else leave "
            f"its times out"
        ) from None


def taken_of(folder: Path) -> Taken | None:
    """Return what the name of a folder says of when it was taken; None: it is no dated one."""
    if (dated := _DATED.fullmatch(folder.name)) is None:
        return None
    day, minute, second, number = dated.groups()
    try:
        if minute is not None:
            begun = at = datetime.strptime(f"{day}T{minute}{second or '00'}+0000", "%Y-%m-%dT%H%M%S%z")
        else:  # `convoy init` names it after the day of this machine
            begun, at = _midnight(day, 0), _midnight(day, 1)
    except ValueError:
        return None
    return Taken(begun, int(number or 1), folder, at)


def _midnight(day: str, later: int) -> datetime:
    found = date.fromisoformat(day) + timedelta(days=later)
    return datetime(found.year, found.month, found.day).astimezone(UTC)
