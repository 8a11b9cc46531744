"""A stage's folder: absent or complete, with the SHA-256 of every file in ``manifest.json``."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.foundation.errors import IntegrityError, MachineError
from pipeline.foundation.files import write_json
from pipeline.foundation.parent import lives

MANIFEST = "manifest.json"
NEARLY_NOTHING = 32_768


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def stage_folder(final: Path) -> Iterator[Path]:
    """Yield an empty folder that replaces ``final`` in one rename once the block has succeeded.

    A process killed inside the block leaves ``final`` as it was and a scratch folder in
    ``data/.tmp``, which the next call for the same stage removes.

    Raises:
        MachineError: The disk is full.
    """
    scratch = final.parent / ".tmp"
    building = scratch / f"{final.name}.{os.getpid()}"
    _remove_leftovers(scratch, final.name)
    building.mkdir(parents=True)
    try:
        yield building
        _write_manifest(building)
        _replace(building, final)
    except Exception as error:
        if _disk_is_full(error, building):
            raise MachineError(
                f"the disk that holds {final.parent} is full; free some space and run again, nothing that was finished "
                f"is lost"
            ) from None
        raise
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _disk_is_full(error: Exception, folder: Path) -> bool:
    """Return whether ``error`` comes of a full disk; libraries tell it in many ways, some not at all."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return "No space left" in str(error) or shutil.disk_usage(folder.parent).free < NEARLY_NOTHING


def verified(folder: Path, name: str) -> Path:
    """Return ``folder/name`` after comparing its SHA-256 with the one in the manifest.

    Raises:
        IntegrityError: The folder, manifest or file is missing, or the hash differs.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise IntegrityError(
            f"{folder} has no {MANIFEST}, so the stage {folder.name!r} has not finished here; "
            f"run `dvc repro` or `convoy run` to make it"
        )
    listed = _listed(manifest)
    path = folder / name
    if name not in listed or not path.is_file():
        raise IntegrityError(f"{path} is missing; run `convoy stage {folder.name}` to make it again")
    if sha256(path) != listed[name]:
        raise IntegrityError(
            f"{path} is not the file its stage wrote (SHA-256 differs from {MANIFEST}); "
            f"run `convoy doctor --repair` and then `convoy run`"
        )
    return path


def damage_of(folder: Path) -> str | None:
    """Return why a stage folder is not what its manifest lists; None if it is."""
    try:
        for name in listed_files(folder):
            verified(folder, name)
    except (IntegrityError, ValueError, KeyError) as error:
        return str(error)
    return None


def listed_files(folder: Path) -> list[str]:
    """Return the names in the manifest of a finished stage folder, sorted.

    Raises:
        IntegrityError: The stage has not finished here, or its manifest is damaged.
    """
    return sorted(listed_hashes(folder))


def listed_hashes(folder: Path) -> dict[str, str]:
    """Return name → SHA-256 as the manifest of a finished folder lists them.

    Raises:
        IntegrityError: The stage has not finished here, or its manifest is damaged.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise IntegrityError(f"{folder} has no {MANIFEST}; run `convoy run` to make it")
    return _listed(manifest)


def _listed(manifest: Path) -> dict[str, str]:
    try:
        listed = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    except (ValueError, KeyError, TypeError):
        listed = None
    if isinstance(listed, dict) and all(isinstance(digest, str) for digest in listed.values()):
        return listed
    raise IntegrityError(f"{manifest} is damaged; run `convoy doctor --repair` and then `convoy run`")


def _write_manifest(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    hashes = {path.relative_to(folder).as_posix(): sha256(path) for path in files}
    write_json({"stage": folder.name.rsplit(".", 1)[0], "files": hashes}, folder / MANIFEST)


def _replace(building: Path, final: Path) -> None:
    if final.exists():
        old = building.with_name(f"{building.name}.old")
        final.rename(old)
        building.rename(final)
        shutil.rmtree(old, ignore_errors=True)
    else:
        building.rename(final)


def _remove_leftovers(scratch: Path, stage: str) -> None:
    """Remove what killed runs of ``stage`` left; a folder of a living process stays."""
    for folder in scratch.glob(f"{stage}.*"):
        pid = folder.name.removeprefix(f"{stage}.").partition(".")[0]
        if pid.isdigit() and int(pid) != os.getpid() and lives(int(pid)):
            continue
        shutil.rmtree(folder, ignore_errors=True)
