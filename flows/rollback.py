"""``convoy rollback``: an earlier version becomes the champion again, whole and at once."""

from pathlib import Path

from flows.committed import read_back
from flows.lock import only_writer
from flows.tags import tags_of
from pipeline.foundation.errors import IntegrityError
from pipeline.foundation.folder import stage_folder
from pipeline.registry.bundle import check_parts, damage
from pipeline.registry.champion import Version, read_registry, version_folder, write_registry


def roll_back(project: Path, version: str | None = None) -> str:
    """Make ``version`` the champion, and return what to tell; neither ``data/`` nor the user's branch changes.

    A bundle that was pruned or damaged is made again from its commit first.

    Args:
        project: Folder of the project.
        version: Which; None: the one that was champion before.

    Raises:
        ConfigError: There is no such version, or none before.
        IntegrityError: Its bundle is damaged or gone, and no commit gives it back.
        BusyError: Somebody else is changing the registry.
    """
    project = project.resolve()
    with only_writer(project, "convoy rollback"):
        registry = read_registry(project)
        entry = registry.entry(version or registry.before())
        restored = _make_whole(project, entry)
        again = (
            f"{entry.version} was the champion, and stays it" if entry.version == registry.champion else None
        )
        if again is None:
            registry = registry.moved(entry.version, "rolled back")
            write_registry(project, registry)
        tags = tags_of(project)
        if tags is not None:
            tags.follow(registry)
    told = again or f"{entry.version} is the champion again, of {entry.promoted[:10]}: {entry.model}"
    return f"{told}; its bundle was made again from commit {entry.commit:.10}" if restored else told


def _make_whole(project: Path, entry: Version) -> bool:
    """Return whether the bundle had to be made again."""
    folder = version_folder(project, entry.version)
    problem = damage(folder)
    if problem is None:
        return False
    if entry.commit is None:
        raise IntegrityError(f"{problem}, and without git there is no commit to make it from")
    with stage_folder(folder) as bundle:
        read_back(project, entry.commit, bundle)
        check_parts(bundle)
    return True
