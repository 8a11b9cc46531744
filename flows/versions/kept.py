"""Whether data that DVC knows are still what they were: in their place, or in the cache."""

import hashlib
import json
from collections.abc import Mapping
from enum import Enum, auto
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ruamel.yaml import YAML

from flows.versions.cache import cache_folder, md5_of, object_path
from pipeline.sources.places.below import files_below
from pipeline.sources.places.no_data import is_no_data

UNSEEN = frozenset({".git", ".hg", ".dvc"})
"""Folders that DVC passes over wherever they lie."""

State = Literal["verified", "differs", "unknown"]


class Copy(Enum):
    """What DVC's cache holds of a folder."""

    WHOLE = auto()
    """Every byte that lies in the folder."""

    LINKED = auto()
    """The very files: those in the folder are links to them."""

    OTHER = auto()
    """Not all of it, or something else."""


class Kept(NamedTuple):
    """What was found of a file or folder."""

    state: State
    told: str


def find_kept(project: Path, dependency: Mapping[str, Any]) -> Kept:
    """Look for a dependency of ``dvc.lock``, in its place first.

    Args:
        project: Whose cache is searched.
        dependency: ``path`` and ``md5``, which ends in `.dir` for a folder.

    Returns:
        `verified` where every byte is the one that was read, `differs` where something else lies in its place and the
        cache does not hold it either, `unknown` where nothing is here.
    """
    digest, place = str(dependency.get("md5", "")), project / str(dependency["path"])
    if not digest:
        return Kept("unknown", "DVC kept no hash of it")
    root = cache_folder(project) / "files" / "md5"
    members = _members(root, digest)
    if members is not None and all(
        _is(place / name if name else place, md5) for name, md5 in members.items()
    ):
        return Kept("verified", f"in its place, MD5 {digest[:8]}")
    if members is not None and all(_is(object_path(root, md5), md5) for md5 in members.values()):
        return Kept("verified", f"in DVC's cache, MD5 {digest[:8]}")
    if place.exists() and members is not None:
        return Kept("differs", f"other bytes lie there now, and DVC's cache does not hold MD5 {digest[:8]}")
    return Kept(
        "unknown", f"neither in its place nor in DVC's cache (MD5 {digest[:8]}); `dvc fetch` may bring it"
    )


def differing(project: Path, folder: Path) -> str | None:
    """Return a file in which a snapshot is no longer what DVC was given; None: every byte is.

    What was added counts, too. The cache is not needed: the files in their place have to give the hash of the folder.

    Args:
        project: The project.
        folder: The snapshot, relative to it. One that DVC does not know was promised to nobody.
    """
    promised = promised_of(project, folder)
    if promised is None:
        return None
    files = {name: path for name, path in files_below(project / folder).items() if path.is_file()}
    found = {name: md5_of(path) for name, path in files.items() if UNSEEN.isdisjoint(name.split("/"))}
    data = {name: md5 for name, md5 in found.items() if not is_no_data(name)}
    if promised in ("", _digest(found), _digest(data)):
        return None
    known = listed_in(project, promised) or {}
    wrong = sorted(name for name in known.keys() | found.keys() if known.get(name) != found.get(name))
    return wrong[0] if known else "."


def promised_of(project: Path, folder: Path) -> str | None:
    """Return the hash that the pointer of a snapshot names; None: DVC does not know it."""
    pointer = project / f"{folder.as_posix()}.dvc"
    if not pointer.is_file():
        return None
    outs = (YAML(typ="safe").load(pointer.read_text(encoding="utf-8")) or {}).get("outs") or [{}]
    return str(outs[0].get("md5", ""))


def copy_in_cache(project: Path, folder: Path) -> Copy:
    """Compare every file of a snapshot with its copy in DVC's cache, byte by byte.

    Args:
        project: Whose cache.
        folder: The snapshot, relative to it.
    """
    root = cache_folder(project) / "files" / "md5"
    members = _members(root, promised_of(project, folder) or ".dir")
    files = files_below(project / folder)
    if members is None or not members.keys() <= files.keys():
        return Copy.OTHER
    if any(not is_no_data(name) for name in files.keys() - members.keys()):
        return Copy.OTHER
    held = {files[name]: object_path(root, md5) for name, md5 in members.items()}
    if any(copy.exists() and path.samefile(copy) for path, copy in held.items()):
        return Copy.LINKED
    whole = all(_is(files[name], md5) and _is(object_path(root, md5), md5) for name, md5 in members.items())
    return Copy.WHOLE if whole else Copy.OTHER


def _digest(files: Mapping[str, str]) -> str:
    """Return the hash that DVC gives a folder with these names and hashes."""
    listing = [{"md5": files[name], "relpath": name} for name in sorted(files)]
    whole = hashlib.md5(json.dumps(listing, sort_keys=True).encode(), usedforsecurity=False)
    return f"{whole.hexdigest()}.dir"


def listed_in(project: Path, digest: str) -> dict[str, str] | None:
    """Return name → MD5 of the files of a folder that DVC knows; None: the cache does not hold the list of them."""
    return _members(cache_folder(project) / "files" / "md5", digest)


def _members(root: Path, digest: str) -> dict[str, str] | None:
    """Return name → MD5 of the files behind a hash; None: the list of a folder is not here, or damaged."""
    if not digest.endswith(".dir"):
        return {"": digest}
    listed = object_path(root, digest)
    if not _is(listed, digest.removesuffix(".dir")):
        return None
    return {member["relpath"]: member["md5"] for member in json.loads(listed.read_text(encoding="utf-8"))}


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and md5_of(path) == digest
