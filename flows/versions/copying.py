"""Files compared with a snapshot, and copied without half of them ever being seen."""

import errno
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pipeline.foundation.errors import BusyError, DataError, MachineError
from pipeline.foundation.folder import sha256
from pipeline.sources.places.below import files_below
from pipeline.sources.places.listing import readable

Files = Mapping[str, Path]
"""Name inside the snapshot → where the file lies."""

Taken = Callable[[Collection[str]], list[str]]
"""Names in a folder → those of them that a snapshot takes."""

REST_SECONDS = 2.0
"""How long a file has to have lain as it is; a time stamp alone does not tell a writer who is about to go on."""


def held_in(folder: Path) -> dict[str, Path]:
    """Return the files of a snapshot; one of them may be a link into DVC's cache, which no longer holds it."""
    if not folder.is_dir():
        return {}
    return {name: path for name, path in files_below(folder).items() if path.is_file()}


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
    held = held_in(snapshot)
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
