"""Objects in DVC's cache whose content is not what their name says: DVC restores them all the same."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from flows.programs.environment import child_environment
from pipeline.foundation.locked import locked_stages


def damaged_objects(project: Path) -> tuple[int, list[Path]]:
    """Hash every object that ``dvc.lock`` uses; return how many there are, and the damaged ones.

    An object that is missing is none: it was not pulled yet, or a stage makes it again.
    """
    objects = [path for path in _used(project) if path.is_file()]
    return len(objects), [path for path in objects if md5_of(path) != _promised(path)]


def _used(project: Path) -> Iterator[Path]:
    if not (stages := locked_stages(project)):
        return
    root = cache_folder(project) / "files" / "md5"
    for out in _outs(stages):
        digest = str(out.get("md5", ""))
        if digest:
            yield from _with_members(root, digest)


def _outs(stages: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for stage in stages.values():
        yield from stage.get("outs", ())


def _with_members(root: Path, digest: str) -> Iterator[Path]:
    path = object_path(root, digest)
    yield path
    if digest.endswith(".dir") and path.is_file() and md5_of(path) == _promised(path):
        for member in json.loads(path.read_text(encoding="utf-8")):
            yield object_path(root, member["md5"])


def object_path(root: Path, digest: str) -> Path:
    """Return where the object of a hash lies below ``files/md5`` of a cache."""
    return root / digest[:2] / digest[2:]


def _promised(path: Path) -> str:
    return path.parent.name + path.name.removesuffix(".dir")


def md5_of(path: Path) -> str:
    """Return the hash that DVC knows a file by."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


@cache
def cache_folder(project: Path) -> Path:
    """Return DVC's cache of a project; asked of DVC, since a user may keep it elsewhere."""
    asked = subprocess.run(
        [sys.executable, "-m", "dvc", "cache", "dir"],
        cwd=project,
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    answer = asked.stdout.strip()
    return Path(answer) if asked.returncode == 0 and answer else project / ".dvc" / "cache"
