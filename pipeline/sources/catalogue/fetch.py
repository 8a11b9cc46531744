"""Bring a data set of the catalogue into a folder: from the mirror, or from where it is published."""

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from pipeline.foundation.errors import DataError
from pipeline.sources.catalogue.archive import unpack
from pipeline.sources.catalogue.download import download
from pipeline.sources.catalogue.entry import Entry, entry
from pipeline.sources.catalogue.mirror import copy_from_mirror, in_mirror

log = logging.getLogger(__name__)


def fetch(name: str, into: Path, *, on_progress: Callable[[str], None] = log.info) -> Path:
    """Return ``into/NAME`` with the files of the data set, archives unpacked; a second call does nothing.

    The folder appears when all is there and checked; until then, and after an error, nothing of it is seen.

    Args:
        name: A name of the catalogue.
        into: Folder of the new folder; it is made.
        on_progress: Takes a sentence now and then while a large file comes.

    Raises:
        DataError: There is no such set, no place holds it, what came is not what the catalogue lists, or
            something else is in the way.
        MachineError: The server cannot be reached.
    """
    wanted = entry(name)
    folder = into / name
    if is_there(wanted, folder):
        return folder
    into.mkdir(parents=True, exist_ok=True)
    _clear_away_leftovers(name, into)
    scratch = into / f".{name}.{os.getpid()}.part"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    try:
        _bring(wanted, scratch, on_progress)
        scratch.rename(folder)
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def is_there(wanted: Entry, folder: Path) -> bool:
    """Return whether ``folder`` holds the set.

    Raises:
        DataError: It holds something else.
    """
    if not folder.exists():
        return False
    files = sum(path.is_file() for path in folder.rglob("*"))
    if not files or (not wanted.archives and files != wanted.files):
        raise DataError(
            f"{folder} is in the way: it holds {files:,} files, and {wanted.name} has {wanted.files:,}; move it away"
        )
    return True


def _bring(wanted: Entry, scratch: Path, on_progress: Callable[[str], None]) -> None:
    if (mirrored := in_mirror(wanted.name)) is not None:
        copy_from_mirror(wanted, mirrored, scratch)
    else:
        download(wanted, scratch, on_progress=on_progress)
    for archive in wanted.archives:
        unpack(scratch / archive, scratch)
        (scratch / archive).unlink()


def _clear_away_leftovers(name: str, into: Path) -> None:
    """Remove what a killed call left; one that still runs keeps its folder."""
    for left in into.glob(f".{name}.*.part"):
        process = left.name.split(".")[-2]
        if not process.isdigit() or not Path(f"/proc/{process}").exists():
            shutil.rmtree(left, ignore_errors=True)
