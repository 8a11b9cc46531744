"""Data behind a URL, downloaded once through fsspec."""

import hashlib
import json
import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import DataError, MachineError, PipelineError
from pipeline.foundation.files import write_atomically

EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs"}
"""Protocol → extra that brings its library."""

STAMPS = ("ETag", "etag", "LastModified", "Last-Modified", "mtime", "updated", "md5Hash", "Content-MD5")
"""What a file system may tell that changes with a file's content, besides its size."""

UNUSED_SECONDS = 30 * 86_400
"""How long a download that nobody asks for stays: a signed URL is another one each day."""


def local_path(path: str, project: Path) -> Path:
    """Return where the file, folder or pattern behind a URL lies once it has been downloaded.

    ``file://`` is read where it is. Else the files go to ``.convoy/downloads/`` of the project, a folder per URL, and
    stay while size and version (ETag, or time of change) are those of the last time. A pattern becomes the folder that
    holds what matched. What no URL has asked for in thirty days goes.

    Args:
        path: ``s3://``, ``gs://``, ``https://`` or another protocol that fsspec knows; S3 and Google take their
            credentials from where their own tools do.
        project: The project's folder.

    Raises:
        DataError: Nothing is there, or access is denied.
        MachineError: A library is missing, or the server cannot be reached (worth another try).
    """
    parts = urlsplit(path)
    if parts.scheme == "file":
        here = Path(unquote(parts.path))
        if not here.exists():
            raise DataError(f"sources.path={shown(path)} does not exist")
        return here
    key = hashlib.sha256(path.encode()).hexdigest()[:16]
    folder = project / ".convoy" / "downloads" / key
    try:
        system, root = _file_system(path)
        files = _remote_files(system, root, path)
        _fetch(system, files, folder)
        _forget_unused(folder.parent)
    except PipelineError:
        raise
    except Exception as error:  # every file system has errors of its own
        _tell(error, path)
    single = len(files) == 1 and next(iter(files.values()))["name"] == root
    return folder / next(iter(files)) if single else folder


def _file_system(path: str) -> tuple[Any, str]:
    """Return fsspec's file system for a URL, and the URL as it spells it."""
    import fsspec  # type: ignore[import-untyped]

    scheme = urlsplit(path).scheme
    try:
        # An instance or a listing that is remembered would not see what has changed since.
        system, root = fsspec.core.url_to_fs(path, skip_instance_cache=True, use_listings_cache=False)
    except ImportError:
        extra = EXTRAS.get(scheme)
        cure = f"pip install 'convoy[{extra}]'" if extra else f"fsspec's package for {scheme}"
        raise MachineError(
            f"sources.path={shown(path)} needs a library for {scheme}://; install it with {cure}"
        ) from None
    except ValueError:
        raise DataError(
            f"sources.path={shown(path)}: {scheme}:// is no address that can be read; use s3://, gs://, https:// or file://"
        ) from None
    return system, str(root)


def _remote_files(system: Any, root: str, path: str) -> dict[str, dict[str, Any]]:
    """Return what is told about each file, by its path below the download's folder.

    Raises:
        DataError: There is none, or one wants to lie elsewhere.
    """
    if re.search(r"[*\[\]{}]", urlsplit(path).path):
        found = system.glob(root, detail=True)
        above = re.split(r"[*?\[{]", root, maxsplit=1)[0].rpartition("/")[0]
    else:
        info = system.info(root)
        if info.get("type") == "file" and not path.endswith("/"):
            return {_name(root): {**info, "name": root}}
        found, above = system.find(root, detail=True), root.rstrip("/")
    files = {
        str(name).removeprefix(above).lstrip("/"): {**info, "name": name}
        for name, info in sorted(found.items())
        if info.get("type") == "file" and not str(name).endswith("/")
    }
    if not files:
        raise DataError(f"sources.path={shown(path)} holds no file")
    for name in files:
        if ".." in PurePosixPath(name).parts or name.startswith("/") or "\\" in name or "\0" in name:
            raise DataError(f"sources.path={shown(path)} holds a file with the unsafe name {name!r}")
    return files


def _name(root: str) -> str:
    """Return the last part of a URL as the name of a file."""
    name = unquote(root.split("?", 1)[0].split("#", 1)[0]).rstrip("/").rpartition("/")[2]
    return name if name not in ("", ".", "..") and "/" not in name else "data"


def _fetch(system: Any, files: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
    """Make ``folder`` hold just these files; what is there in the same version is kept."""
    record = folder.with_name(f"{folder.name}.json")
    known = _read(record)
    kept: dict[str, object] = {}
    for name, info in files.items():
        version = _version(info)
        target = folder / name
        if version is None or known.get(name) != version or not _whole(target, info):
            _download(system, info, target, folder.with_name(f"{folder.name}.part"))
        kept[name] = version
    for file in [file for file in folder.rglob("*") if file.is_file()]:
        if file.relative_to(folder).as_posix() not in files:
            file.unlink()
    write_atomically(json.dumps(kept, indent=2, sort_keys=True), record)


def _download(system: Any, info: Mapping[str, Any], target: Path, scratch: Path) -> None:
    """Download a file beside its place, and move it there whole."""
    scratch.unlink(missing_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        system.get_file(info["name"], str(scratch))
        size = info.get("size")
        if size is not None and scratch.stat().st_size != size:
            raise OSError(f"{scratch.stat().st_size} of {size} bytes arrived")
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)


def _forget_unused(downloads: Path) -> None:
    """Remove the downloads whose record, which each fetch writes, is old; one that is begun has none."""
    for record in downloads.glob("*.json"):
        if time.time() - record.stat().st_mtime > UNUSED_SECONDS:
            record.unlink()
            shutil.rmtree(record.with_suffix(""), ignore_errors=True)


def _version(info: Mapping[str, Any]) -> list[str] | None:
    """Return what changes when the file does; None: the server tells nothing, and it is downloaded each time."""
    stamps = [f"{name}={info[name]}" for name in STAMPS if info.get(name)]
    return [f"size={info.get('size')}", *stamps] if stamps else None


def _whole(target: Path, info: Mapping[str, Any]) -> bool:
    return target.is_file() and info.get("size") in (None, target.stat().st_size)


def _read(record: Path) -> dict[str, object]:
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _tell(error: Exception, path: str) -> NoReturn:
    """Raise what an error of a file system means for the user; never its words, which may hold credentials."""
    cause = error.__cause__ or error  # fsspec calls every failure over HTTP a missing file
    name, status = type(cause).__name__, getattr(cause, "status", None)
    if isinstance(cause, PermissionError) or "Credentials" in name or status in (401, 403):
        raise DataError(
            f"sources.path={shown(path)}: access is denied ({name}); check the credentials of {urlsplit(path).scheme}"
        ) from None
    if isinstance(cause, FileNotFoundError) or status in (404, 410) or "NoSuch" in str(cause):
        raise DataError(f"sources.path={shown(path)} does not exist") from None
    told = MachineError(f"sources.path={shown(path)} cannot be fetched now ({name}); try again later")
    told.retryable = True
    raise told from None
