"""What names an object of DVC's cache.

Hashes are looked for in the text of locks and pointers, so a form nobody thought of keeps too much, not too little.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from flows.versions.git import Git
from flows.versions.past import snapshots
from flows.versions.pointing import RAW
from pipeline.foundation.errors import MachineError

HASH = re.compile(rb"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
COMMIT = re.compile(rb"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])")
UNSEEN = (".git", ".dvc", ".convoy", ".venv", "reports")
KEPT = (".convoy/*.json", ".convoy/backfill/*/lock.yaml")
"""What Convoy itself wrote down of other states of the project."""


def named_hashes(project: Path, since: datetime) -> set[bytes]:
    """Return the hashes in every ``.dvc`` file and lock of the project, its branches, tags, versions and backfills.

    Args:
        project: The project.
        since: A snapshot that left its folder and was taken before does not count, unless a lock reads it.

    Raises:
        MachineError: git cannot tell.
    """
    left = {
        project / f"{taken.folder}.dvc": f"{taken.folder}/".encode()
        for home in (project / RAW).glob("*/")
        for taken in snapshots(project, RAW / home.name / "any")
        if taken.at < since and not (project / taken.folder).exists()
    }
    texts = [path.read_bytes() for path in _pointers(project) if path not in left]
    texts += [path.read_bytes() for pattern in KEPT for path in project.glob(pattern)]
    texts += _committed(project)
    texts += [path.read_bytes() for path, name in left.items() if path.exists() and _is_read(name, texts)]
    return {found for text in texts for found in HASH.findall(text)}


def _is_read(folder: bytes, texts: list[bytes]) -> bool:
    """Return whether a lock names a file in a folder, or the folder."""
    return any(folder in text or folder[:-1] + b"\n" in text for text in texts)


def _pointers(project: Path) -> Iterator[Path]:
    """Yield the ``.dvc`` files and locks of the project; below a folder that DVC keeps there are none."""
    for folder, inner, names in os.walk(project):
        inner[:] = [name for name in inner if name not in UNSEEN and f"{name}.dvc" not in names]
        yield from (Path(folder, name) for name in names if _tells(name))


def _tells(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name == "dvc.lock" or (name.endswith(".dvc") and name != ".dvc")


def _committed(project: Path) -> list[bytes]:
    """Return the same of every branch, tag and other ref, of HEAD, and of the commits of promoted versions."""
    if (git := Git.around(project)) is None:
        return []
    refs = git.say("for-each-ref", "--format=%(objectname) %(*objectname)").encode()
    registry = project / ".convoy" / "registry" / "registry.json"
    promoted = COMMIT.findall(registry.read_bytes()) if registry.is_file() else []
    wanted = {found.decode() for found in (*COMMIT.findall(refs), *promoted)}
    if head := git.resolve("HEAD"):
        wanted.add(head)
    blobs: set[str] = set()
    for commit in sorted(wanted):
        if (known := git.resolve(commit)) is not None:
            listed = git.say("ls-tree", "-r", "-z", known, "--", ".").split("\0")
            blobs |= {entry.split()[2] for entry in listed if _tells(entry.partition("\t")[2])}
    return [_contents(project, sorted(blobs))] if blobs else []


def _contents(project: Path, blobs: list[str]) -> bytes:
    done = subprocess.run(
        ["git", "cat-file", "--batch"],
        cwd=project,
        input="\n".join(blobs).encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode or re.search(rb"^[0-9a-f]{40} missing$", done.stdout, re.MULTILINE):
        raise MachineError(f"git cannot read what its branches and tags name in {project}")
    return done.stdout
