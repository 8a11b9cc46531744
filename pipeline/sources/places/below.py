"""Every file below a folder, for whoever copies it whole: what cannot be looked into is said, never left out."""

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.foundation.errors import DataError
from pipeline.sources.places.listing import readable


def files_below(folder: Path) -> dict[str, Path]:
    """Return the files below ``folder``, hidden ones too, by their paths relative to it, in the order of these.

    Links are followed. One that leads back to a folder above it adds nothing and is passed over; one that leads
    nowhere is returned as a file, which whoever reads it finds missing.

    Raises:
        DataError: A folder cannot be listed, or something is neither file nor folder.
    """
    return dict(sorted(_walk(folder, "", frozenset({os.path.realpath(folder)}))))


def _walk(folder: Path, prefix: str, above: frozenset[str]) -> Iterator[tuple[str, Path]]:
    for entry in _entries(folder):
        name, path = prefix + entry.name, Path(entry.path)
        if not _is_folder(path):
            yield name, path
        elif (real := os.path.realpath(path)) not in above:
            yield from _walk(path, f"{name}/", above | {real})


def _is_folder(path: Path) -> bool:
    try:
        if path.is_file() or (path.is_symlink() and not path.exists()):
            return False
        if path.is_dir():
            return True
    except OSError as error:
        raise DataError(
            f"{readable(str(path))} cannot be looked at ({error.strerror}); mend or remove it"
        ) from None
    raise DataError(f"{readable(str(path))} is neither file nor folder; move it elsewhere")


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise DataError(
            f"the folder {readable(str(folder))} cannot be listed ({error.strerror}), so what lies in it would be "
            f"missing; make it readable, or move it elsewhere"
        ) from None
