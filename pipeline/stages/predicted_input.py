"""The input of a prediction, so that it is found again and known: where it lay, and a hash of every file of it."""

import glob
import hashlib
from pathlib import Path

from pipeline.foundation.addresses import shown
from pipeline.foundation.folder import sha256
from pipeline.sources.places.listing import matching


def told_input(source: str, project: Path) -> dict[str, str | None]:
    """Return name, path and hash of an input, as the lineage of its predictions keeps them.

    A path inside the project is relative to it, so that both may move together; any other one is absolute. Of a URL
    neither path nor query is kept, and no hash: what lies behind it is another thing tomorrow.

    Args:
        source: File, folder, pattern or URL.
        project: What a path is relative to.
    """
    if "://" in source:
        return {"name": shown(source), "path": None, "sha256": None}
    path, home = (project / Path(source).expanduser()).resolve(), project.resolve()
    kept = path.relative_to(home) if path.is_relative_to(home) else path
    return {"name": Path(source).name, "path": kept.as_posix(), "sha256": input_hash(path)}


def input_hash(place: Path) -> str | None:
    """Return the SHA-256 of a file, or of names and hashes of all files of a folder or a pattern; None: no file."""
    if place.is_file():
        return sha256(place)
    found = input_files(place)
    return None if found is None else listed_hash(*found)


def input_files(place: Path) -> tuple[Path, list[str]] | None:
    """Return the folder of a file, a folder or a pattern, and the names in it that are meant; None: there is none."""
    if not place.exists() and glob.has_magic(str(place)):
        root, found = matching(place.parent, str(place))
        return (root, sorted(map(str, found))) if found else None
    if place.is_dir():
        return place, sorted(
            path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()
        )
    return (place.parent, [place.name]) if place.is_file() else None


def listed_hash(root: Path, names: list[str]) -> str:
    """Return one hash of several files; another name is another hash."""
    lines = [f"{sha256(root / name)}  {name}\n" for name in names]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
