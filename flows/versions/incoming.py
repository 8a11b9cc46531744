"""What lies where new data come from, compared with a snapshot, and copied without half of it ever being seen."""

import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import BusyError, ConfigError, DataError, MachineError, PipelineError
from pipeline.foundation.folder import sha256
from pipeline.sources.places.remote import local_path

Files = Mapping[str, Path]
"""Name inside the snapshot → where the file lies."""

ASKED = Path(".convoy") / "asked"
"""Where the answer of a database lies until it is compared and copied."""


def incoming_files(place: str, project: Path, current: Path) -> Files:
    """Return the files at ``place``, by the names that they have in a snapshot.

    One file takes the name of the one in the current snapshot, which the settings know, whatever it is called today.

    Args:
        place: File, folder or URL; a path is relative to the project.
        project: The project.
        current: Its snapshot in use.

    Raises:
        DataError: Nothing is there, or it is one file where the snapshot is a folder of several.
        MachineError: A server cannot be reached.
    """
    root = _fetched(place, project) if "://" in place else project / Path(place).expanduser()
    if root.is_dir():
        found = _below(root)
        if not found:
            raise DataError(
                f"flow.new_data={shown(place)} is an empty folder; wait until files are there, or correct it"
            )
        return found
    if not root.is_file():
        raise DataError(f"flow.new_data={shown(place)} does not exist; bring it back, or correct the setting")
    names = sorted(_below(current))
    if len(names) != 1:
        raise DataError(
            f"flow.new_data={shown(place)} is one file, and the snapshot {current} holds {len(names)}; name the folder "
            f"that they come from"
        )
    return {names[0]: root}


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

    names = sorted(_below(current))
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


def is_same(incoming: Files, snapshot: Path) -> bool:
    """Return whether a snapshot holds just these files, byte by byte."""
    known = _below(snapshot)
    if sorted(known) != sorted(incoming):
        return False
    if any(known[name].stat().st_size != path.stat().st_size for name, path in incoming.items()):
        return False
    return all(sha256(known[name]) == sha256(path) for name, path in incoming.items())


def copy_whole(incoming: Files, to: Path) -> None:
    """Copy the files to the new folder ``to``; it is there when all of them are.

    Raises:
        BusyError: A file was written while it was copied; the next try may find it at rest.
        DataError: A file cannot be read.
        MachineError: The disk is full.
    """
    scratch = to.with_name(f".{to.name}.{os.getpid()}")
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        for name, path in incoming.items():
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            before = _stamp(path)
            shutil.copyfile(path, scratch / name)
            if _stamp(path) != before or (scratch / name).stat().st_size != before[0]:
                raise BusyError(f"{path} was written while it was copied; run again when its writer is done")
        scratch.rename(to)
    except FileNotFoundError as error:
        raise BusyError(f"{error.filename} went away while it was copied; run again") from None
    except OSError as error:
        told = f"{error.filename or to} cannot be copied into the project ({error.strerror})"
        raise (MachineError if error.errno == errno.ENOSPC else DataError)(told) from None
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


def _below(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
