"""Unpack archives that strangers made: nothing leaves the folder, and nothing fills the disk."""

import errno
import lzma
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from pipeline.foundation.errors import DataError, MachineError, PipelineError

CHUNK = 1 << 20
MOST_FILES = 2_000_000
MOST_BYTES = 200 << 30
BLOWN_UP = 100
"""An archive may grow this many times: text shrinks tenfold, a bomb a thousandfold or more."""

SMALL = 256 << 20
"""Archives may always grow to this size, however well they shrink."""

_DAMAGED = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError,
    NotImplementedError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True)
class _Member:
    """What an archive says about one thing in it."""

    name: str
    folder: bool
    strange: str | None
    """What it is, where it is neither file nor folder."""

    handle: tarfile.TarInfo | zipfile.ZipInfo


def unpack(
    archive: Path, folder: Path, *, most_bytes: int | None = None, most_files: int = MOST_FILES
) -> None:
    """Write the files of ``archive`` (tar, plain or compressed; zip) below ``folder``, all of them or none.

    Owners, permissions and times are not kept. What is in ``folder`` already is left alone.

    Args:
        archive: The file.
        folder: Where its content goes; it is made.
        most_bytes: Bytes that may be written; None: a hundred times the archive, 256 MB at least.
        most_files: Files and folders that may be written.

    Raises:
        DataError: It is no archive, damaged or encrypted; it names a place outside ``folder``, holds a link or a
            device, one file twice, or more than it may; or a file of that name is in ``folder``.
    """
    limit = most_bytes or min(MOST_BYTES, max(SMALL, BLOWN_UP * archive.stat().st_size))
    folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".unpack.", dir=folder))
    try:
        _write_all(archive, scratch, limit=limit, most_files=most_files)
        for entry in sorted(scratch.iterdir()):
            if (folder / entry.name).exists():
                raise DataError(
                    f"{archive.name} holds {entry.name}, and {folder} has something of that name already"
                )
        for entry in sorted(scratch.iterdir()):
            entry.rename(folder / entry.name)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write_all(archive: Path, scratch: Path, *, limit: int, most_files: int) -> None:
    left, count = limit, 0
    with _opened(archive) as opened:
        for member in _members(opened):
            count += 1
            if count > most_files:
                raise DataError(f"{archive.name} holds more than {most_files:,} files; it is not unpacked")
            path = _safe_path(member, archive, scratch)
            if member.folder:
                path.mkdir(parents=True, exist_ok=True)
                continue
            if path.exists():
                raise DataError(f"{archive.name} holds {member.name} twice; it is not unpacked")
            path.parent.mkdir(parents=True, exist_ok=True)
            left -= _write_one(opened, member, path, left)
            if left < 0:
                raise DataError(
                    f"{archive.name} ({archive.stat().st_size:,} bytes) would grow to more than {limit:,} bytes, as a "
                    f"decompression bomb does; it is not unpacked"
                )
    if not count:
        raise DataError(f"{archive.name} is empty")


def _write_one(opened: tarfile.TarFile | zipfile.ZipFile, member: _Member, path: Path, left: int) -> int:
    """Copy one file, but not more than ``left`` bytes and one; return how many were written.

    What the archive says about sizes is not believed: what comes out is counted.
    """
    written = 0
    with _content(opened, member) as source, path.open("xb") as target:
        while written <= left and (piece := source.read(min(CHUNK, left - written + 1))):
            written += target.write(piece)
    return written


def _content(opened: tarfile.TarFile | zipfile.ZipFile, member: _Member) -> IO[bytes]:
    if isinstance(opened, zipfile.ZipFile):
        return opened.open(member.handle)  # type: ignore[arg-type]
    content = opened.extractfile(member.handle)  # type: ignore[arg-type]
    if content is None:
        raise tarfile.ReadError(f"{member.name} has no content")
    return content


def _safe_path(member: _Member, archive: Path, scratch: Path) -> Path:
    """Return where a member goes; refuse what is no plain file or folder, and what would lie outside."""
    name = member.name.replace("\\", "/")
    parts = PurePosixPath(name).parts
    shown = repr(member.name[:80])
    if member.strange:
        raise DataError(
            f"{archive.name} holds {member.strange} ({shown}); only files and folders are unpacked"
        )
    if name.startswith("/") or ".." in parts or "\0" in name or (parts and parts[0][1:2] == ":"):
        raise DataError(f"{archive.name} wants to write outside its folder ({shown}); it is not unpacked")
    if not parts and not member.folder:
        raise DataError(f"{archive.name} holds a file without a name; it is not unpacked")
    path = scratch.joinpath(*parts)
    if not path.resolve().is_relative_to(scratch.resolve()):
        raise DataError(f"{archive.name} wants to write outside its folder ({shown}); it is not unpacked")
    return path


@contextmanager
def _opened(archive: Path) -> Iterator[tarfile.TarFile | zipfile.ZipFile]:
    """Open an archive of either kind; what reading it raises becomes one sentence."""
    try:
        if zipfile.is_zipfile(archive) and not tarfile.is_tarfile(archive):
            with zipfile.ZipFile(archive) as opened_zip:
                yield opened_zip
        else:
            with tarfile.open(archive, "r:*") as opened_tar:
                yield opened_tar
    except PipelineError:
        raise
    except _DAMAGED as error:
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            raise MachineError(f"the disk is full while {archive.name} is unpacked; make room") from error
        said = (str(error).splitlines() or [type(error).__name__])[0][:120]
        raise DataError(f"{archive.name} cannot be unpacked ({said}); get it again") from error


def _members(opened: tarfile.TarFile | zipfile.ZipFile) -> Iterator[_Member]:
    if isinstance(opened, zipfile.ZipFile):
        for info in opened.infolist():
            yield _Member(info.orig_filename, info.is_dir(), _zip_strange(info), info)
        return
    for entry in opened:
        yield _Member(entry.name, entry.isdir(), _tar_strange(entry), entry)


def _zip_strange(info: zipfile.ZipInfo) -> str | None:
    mode = info.external_attr >> 16
    if info.flag_bits & 1:
        return "an encrypted file"
    if stat.S_ISLNK(mode):
        return "a link"
    if stat.S_IFMT(mode) and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        return "a device"
    return None


def _tar_strange(entry: tarfile.TarInfo) -> str | None:
    if entry.issym() or entry.islnk():
        return "a link"
    return None if entry.isreg() or entry.isdir() else "a device"
