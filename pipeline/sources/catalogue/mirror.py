"""A folder with copies of the data sets, so that machines without internet work."""

import hashlib
import os
import shutil
from pathlib import Path

from pipeline.foundation.errors import DataError
from pipeline.foundation.folder import sha256
from pipeline.sources.catalogue.entry import Entry

VARIABLE = "CONVOY_DATA_MIRROR"


def in_mirror(name: str) -> Path | None:
    """Return the folder of data set ``name`` in the mirror; None: no mirror, or not in it.

    Raises:
        DataError: ``CONVOY_DATA_MIRROR`` names no folder.
    """
    if not (where := os.environ.get(VARIABLE)):
        return None
    mirror = Path(where).expanduser()
    if not mirror.is_dir():
        raise DataError(
            f"{VARIABLE}={where} is no folder; name the one that holds the data sets, or unset it"
        )
    return folder if (folder := mirror / name).is_dir() else None


def copy_from_mirror(entry: Entry, source: Path, folder: Path) -> None:
    """Copy the files of ``entry`` from its folder in a mirror, and check what arrived.

    Raises:
        DataError: They are not those of the catalogue.
    """
    files = sorted(path for path in source.rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in files)
    if (len(files), size) != (entry.files, entry.size):
        raise DataError(
            f"{source} is not the {entry.name} of the catalogue: {len(files):,} files of {size:,} bytes, wanted "
            f"{entry.files:,} of {entry.size:,}; copy it anew"
        )
    shutil.copytree(source, folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
    if (found := set_hash(entry.name, folder)) != entry.sha256:
        raise DataError(
            f"{source} is not the {entry.name} of the catalogue: its SHA-256 is {found[:12]}…, wanted "
            f"{entry.sha256[:12]}…; copy it anew"
        )


def set_hash(name: str, folder: Path) -> str:
    """Return the SHA-256 of a set: of the lines ``HASH  NAME/FILE`` of its files, sorted by file."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    order = sorted(files, key=lambda path: path.relative_to(folder).as_posix().encode())
    lines = (f"{sha256(path)}  {name}/{path.relative_to(folder).as_posix()}\n" for path in order)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
