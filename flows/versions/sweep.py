"""DVC's cache by age: what nothing names any more goes after some days, and nothing else does.

``dvc gc`` goes by names alone: it would take the results of backfills, and what an experiment is just writing. Run as a
program in a project's folder, ``python sweep.py DAYS`` sweeps under DVC's own lock, so no stage is committed meanwhile.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.programs.environment import child_environment
from flows.programs.launch import launched
from flows.versions.roots import HASH, named_hashes

SHARED = 3
BUSY = 4
_WHY = {
    SHARED: "DVC's cache lies outside the project and may be shared, so nothing of it was removed; `dvc gc` can",
    BUSY: "another DVC command holds the project, so nothing of its cache was removed this time",
}


def sweep_cache(project: Path, days: int) -> str | None:
    """Remove what nothing has named for ``days`` days from DVC's cache.

    Args:
        project: The caller holds it.
        days: How old an object has to be, and how old a snapshot that left its folder.

    Returns:
        What was done, or why nothing could be; None: there was nothing to do.
    """
    done = subprocess.run(
        launched([sys.executable, "-P", __file__, str(days)]),
        cwd=project,
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode in _WHY:
        return _WHY[done.returncode]
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["it gave no reason"]
        return f"DVC's cache was not swept: {said[-1]}"
    count, size = json.loads(done.stdout.splitlines()[-1])
    return f"DVC's cache: {count} objects ({size / 1e6:.1f} MB) that nothing names went" if count else None


def swept(project: Path, root: Path, days: int) -> tuple[int, int]:
    """Remove the objects, the lists of folders first; return how many, and their bytes. The caller holds DVC's lock."""
    since = datetime.now(UTC) - timedelta(days=days)
    keep = _with_members(root, named_hashes(project, since))
    count = size = 0
    for path in sorted(_objects(root), key=lambda path: path.suffix != ".dir"):
        found = path.stat()
        if _digest(path) in keep or max(found.st_mtime, found.st_ctime) >= since.timestamp():
            continue
        path.unlink()
        count, size = count + 1, size + found.st_size
    return count, size


def _with_members(root: Path, named: set[bytes]) -> set[bytes]:
    keep = set(named)
    for digest in named:
        listed = root / digest[:2].decode() / f"{digest[2:].decode()}.dir"
        if listed.is_file():
            keep.update(HASH.findall(listed.read_bytes()))
    return keep


def _objects(root: Path) -> Iterator[Path]:
    for path in root.glob("??/*"):
        if HASH.fullmatch(_digest(path)) and path.is_file():
            yield path


def _digest(path: Path) -> bytes:
    return (path.parent.name + path.name.removesuffix(".dir")).encode()


def _main(days: int) -> int:
    from dvc.lock import LockError
    from dvc.repo import Repo

    repo, project = Repo("."), Path.cwd()
    root = Path(repo.cache.local.path).resolve()  # `files/md5` of the cache
    if not root.is_relative_to(project.resolve()):
        return SHARED
    try:
        with repo.lock:
            sys.stdout.write("\n" + json.dumps(swept(project, root, days)) + "\n")
    except LockError:
        return BUSY
    return 0


if __name__ == "__main__":
    sys.exit(_main(int(sys.argv[1])))
