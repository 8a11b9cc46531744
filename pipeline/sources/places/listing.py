"""List the files that ``sources.path`` means: a million of them, too."""

import glob
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import DataError
from pipeline.sources.places.files import existing

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
NOT_DATA = ("__MACOSX", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Listing:
    """Files below one folder."""

    root: Path
    """The folder; for a pattern the part of it that is no pattern."""

    names: list[str]
    """Paths relative to it, with ``/``, sorted part by part."""

    others: int
    """Files with other suffixes, passed over."""


def listed(project: Path, path: str, suffixes: tuple[str, ...] = ()) -> Listing:
    """Return the files that ``path`` (file, folder, glob pattern or URL) means.

    Args:
        project: What ``path`` is relative to.
        path: As ``params.yaml`` writes it.
        suffixes: Lower-case ends of the names that are wanted in a folder; empty: any.

    Raises:
        DataError: Nothing is there, or no file with such a suffix.
    """
    if path.startswith("file://"):
        path = unquote(urlsplit(path).path)
    if "://" not in path and glob.has_magic(path) and not (project / path).exists():
        root, found = matching(project, path)
    else:
        full = existing(project, path)
        root, found = (full, list(_below(full))) if full.is_dir() else (full.parent, [full.name])
    names = [name for name in found if not suffixes or name.lower().endswith(suffixes)]
    if not names:
        wanted = f" that ends in {', '.join(suffixes)}" if suffixes else ""
        raise DataError(
            f"sources.path={shown(path)} holds no file{wanted}; it has {len(found)} files"
            + (f", such as {readable(found[0])}" if found else "")
        )
    return Listing(root, names, len(found) - len(names))


def readable(name: str) -> str:
    """Return a file's name as one line of text: bytes that are no UTF-8, and line breaks, are written as escapes."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def _below(root: Path) -> Iterator[str]:
    """Yield the files below ``root`` in the order of their names; hidden ones are none of the user's data."""
    yield from _walk(str(root), "", {os.path.realpath(root)})


def _walk(folder: str, prefix: str, above: set[str]) -> Iterator[str]:
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        if entry.name.startswith(".") or entry.name in NOT_DATA:
            continue
        if entry.is_file() or _leads_nowhere(entry):
            yield prefix + entry.name
        elif entry.is_dir():
            real = os.path.realpath(entry.path)
            if real not in above:  # a link to a folder above would never end
                yield from _walk(entry.path, f"{prefix}{entry.name}/", above | {real})


def _leads_nowhere(entry: os.DirEntry[str]) -> bool:
    """Return whether this is a link to nothing: a file that is missing, which whoever reads it says."""
    return entry.is_symlink() and not Path(entry.path).exists()


def matching(project: Path, pattern: str) -> tuple[Path, list[str]]:
    """Return the folder before the first part with a wildcard, and the files below it that match."""
    plain: list[str] = []
    for part in Path(pattern).expanduser().parts[:-1]:
        if glob.has_magic(part):
            break
        plain.append(part)
    root = project.joinpath(*plain)
    tail = Path(*Path(pattern).expanduser().parts[len(plain) :])
    found = glob.glob(str(tail), root_dir=root, recursive=True)
    files = [Path(name) for name in found if (root / name).is_file()]
    return root, [name.as_posix() for name in sorted(files)]
