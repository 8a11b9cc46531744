"""What lies where new data come from, compared with a snapshot, and copied without half of it ever being seen."""

import errno
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import BusyError, ConfigError, DataError, MachineError, PipelineError
from pipeline.foundation.folder import sha256
from pipeline.foundation.words import plural
from pipeline.sources.places.below import files_below
from pipeline.sources.places.listing import readable
from pipeline.sources.places.remote import local_path

Files = Mapping[str, Path]
"""Name inside the snapshot → where the file lies."""

Taken = Callable[[Collection[str]], list[str]]
"""Names in a folder → those of them that a snapshot takes."""

ASKED = Path(".convoy") / "asked"
"""Where the answer of a database lies until it is compared and copied."""

REST_SECONDS = 2.0
"""How long a file has to have lain as it is; a time stamp alone does not tell a writer who is about to go on."""

OWN = ("data", ".convoy", ".dvc")
"""Folders in which the project keeps what it made or took itself."""


class Incoming(NamedTuple):
    """What lies at the place of new data."""

    files: Files
    others: tuple[str, ...] = ()
    """Files that the source does not read; they are not looked at."""


def incoming_files(place: str, project: Path, current: Path, taken: Taken = list) -> Incoming:
    """Return the files at ``place``, by the names that they have in a snapshot.

    One file takes the name of the one in the current snapshot, which the settings know, whatever it is called today.

    Args:
        place: File, folder or URL; a path is relative to the project.
        project: The project.
        current: Its snapshot in use.
        taken: Those of the names in a folder that the source reads.

    Raises:
        ConfigError: The place holds, or lies in, what the project keeps itself.
        DataError: Nothing is there, something cannot be read, or it is one file where the snapshot is a folder of
            several.
        MachineError: A server cannot be reached.
    """
    here = place_here(place, project)
    root = _fetched(place, project) if here is None else here
    if root.is_dir():
        below = files_below(root)
        if not below:
            raise DataError(
                f"flow.new_data={shown(place)} is an empty folder; wait until files are there, or correct it"
            )
        found = {name: below[name] for name in taken(below)}
        others = tuple(name for name in below if name not in found)
        if not found:
            raise DataError(
                f"flow.new_data={shown(place)} holds no file that sources reads; it holds {told_of(others)}"
            )
        if gone := [name for name, path in found.items() if not path.exists()]:
            raise DataError(
                f"flow.new_data={shown(place)} holds {readable(gone[0])}, a link to nothing; mend or remove it"
            )
        return Incoming(found, others)
    if not root.is_file():
        raise DataError(f"flow.new_data={shown(place)} does not exist; bring it back, or correct the setting")
    names = sorted(_in_snapshot(current))
    if len(names) != 1:
        raise DataError(
            f"flow.new_data={shown(place)} is one file, and the snapshot {current} holds {len(names)}; name the folder "
            f"that they come from"
        )
    return Incoming({names[0]: root})


def told_of(names: Sequence[str]) -> str:
    """Return how many files these are, and the first of them."""
    return f"{plural(len(names), 'file')}, such as {readable(names[0])}"


def place_here(place: str, project: Path) -> Path | None:
    """Return the path on this machine that ``flow.new_data`` names; None: it lies behind a URL.

    Raises:
        ConfigError: It holds, or lies in, what the project keeps itself; or its user is unknown.
    """
    path = unquote(urlsplit(place).path) if place.startswith("file://") else place
    if "://" in path:
        return None
    try:
        root = project / Path(path).expanduser()
    except RuntimeError:
        raise ConfigError(
            f"flow.new_data={shown(place)} names a user that this machine does not know"
        ) from None
    for name in OWN:
        own, real = Path(os.path.realpath(project / name)), Path(os.path.realpath(root))
        if real.is_relative_to(own) or own.is_relative_to(real):
            raise ConfigError(
                f"flow.new_data={shown(place)} and the project's own {name} lie one in the other, so a snapshot "
                f"would be new data of the next; name a place outside the project"
            )
    return root


def asked_answer(url: str, query: str, project: Path, current: Path) -> Files:
    """Ask a database and return its answer, by the name of the one file in the current snapshot.

    Args:
        url: The database.
        query: What it is asked.
        project: The project.
        current: Its snapshot in use.

    Raises:
        ConfigError: The snapshot is no Parquet file.
        DataError: The database does not answer, or there are no rows.
    """
    from pipeline.sources.answer import write_answer  # it brings Polars along

    names = sorted(_in_snapshot(current))
    if len(names) != 1 or not names[0].endswith(".parquet"):
        raise ConfigError(
            f"flow.new_query becomes one Parquet file, and the snapshot {current} holds {', '.join(names[:3])}; begin "
            f"with `convoy data query URL QUERY --to FILE.parquet` and `convoy init DIR --data FILE.parquet`"
        )
    place = project / ASKED / names[0]
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_answer(url, query, place, project)
    except PipelineError as error:
        told = str(error).replace("sources.path", "flow.new_data").replace("sources.query", "flow.new_query")
        raise type(error)(told) from error
    return {names[0]: place}


def is_same(incoming: Files, snapshot: Path, taken: Taken = list) -> bool:
    """Return whether a snapshot holds just these files, byte by byte.

    Args:
        incoming: The files.
        snapshot: The folder of the snapshot.
        taken: Those of the names in it that the source reads; older ones may hold others.

    Raises:
        BusyError: A file went away meanwhile.
        DataError: One cannot be read.
    """
    held = _in_snapshot(snapshot)
    known = {name: held[name] for name in taken(held)}
    if sorted(known) != sorted(incoming):
        return False
    with _told("compared with the snapshot in use"):
        if any(known[name].stat().st_size != path.stat().st_size for name, path in incoming.items()):
            return False
        return all(sha256(known[name]) == sha256(path) for name, path in incoming.items())


def copy_whole(incoming: Files, to: Path, *, listed: Callable[[], Files] | None = None) -> None:
    """Copy the files to the new folder ``to``; it is there when all of them are.

    Args:
        incoming: The files.
        to: Where.
        listed: Lists them again, once all are copied: what was there at one time must be what is there at the end.

    Raises:
        BusyError: A file was written, or came or went, while they were copied; the next try may find them at rest.
        DataError: A file cannot be read.
        MachineError: The disk is full.
    """
    scratch = to.with_name(f".{to.name}.{os.getpid()}")
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        with _told("copied into the project"):
            before = {name: _stamp(path) for name, path in incoming.items()}
            for name, path in incoming.items():
                (scratch / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, scratch / name)
                _require_rest(path, before[name], (scratch / name).stat().st_size)
            _wait_for_rest(before.values())
            _require_same(incoming, incoming if listed is None else listed())
            for name, path in incoming.items():
                _require_rest(path, before[name], before[name].size)
            scratch.rename(to)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def clear_halves(home: Path) -> None:
    """Remove what killed copies left in ``home``."""
    for half in home.glob(".*"):
        if half.is_dir():
            shutil.rmtree(half, ignore_errors=True)


def _fetched(url: str, project: Path) -> Path:
    try:
        return local_path(url, project)
    except PipelineError as error:
        raise type(error)(str(error).replace("sources.path", "flow.new_data")) from error


def _in_snapshot(folder: Path) -> dict[str, Path]:
    """Return the files of a snapshot; one of them may be a link into DVC's cache, which no longer holds it."""
    if not folder.is_dir():
        return {}
    return {name: path for name, path in files_below(folder).items() if path.is_file()}


class _Stamp(NamedTuple):
    size: int
    written: int
    inode: int


def _stamp(path: Path) -> _Stamp:
    found = path.stat()
    return _Stamp(found.st_size, found.st_mtime_ns, found.st_ino)


def _wait_for_rest(stamps: Collection[_Stamp]) -> None:
    """Wait until the youngest file has lain for :data:`REST_SECONDS`: who writes line by line has gone on by then."""
    age = time.time() - max((stamp.written for stamp in stamps), default=0) / 1e9
    time.sleep(min(max(REST_SECONDS - age, 0.0), REST_SECONDS))


def _require_rest(path: Path, before: _Stamp, copied: int) -> None:
    if _stamp(path) != before or copied != before.size:
        raise BusyError(f"{path} was written while it was copied; run again when its writer is done")


def _require_same(incoming: Files, again: Files) -> None:
    if changed := sorted(set(incoming) ^ set(again)):
        name = readable(changed[0])
        what = f"{name} came" if changed[0] in again else f"{name} went away"
        raise BusyError(f"{what} while the new data were copied; run again when their writer is done")


@contextmanager
def _told(doing: str) -> Iterator[None]:
    """Say in a sentence why files cannot be read or written."""
    try:
        yield
    except FileNotFoundError as error:
        raise BusyError(f"{error.filename} went away while it was {doing}; run again") from None
    except OSError as error:
        told = f"{error.filename or 'new data'} cannot be {doing} ({error.strerror})"
        raise (MachineError if error.errno == errno.ENOSPC else DataError)(told) from None
