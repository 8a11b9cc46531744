"""``convoy rollback``: an earlier version becomes the champion again, whole and at once."""

from pathlib import Path

from flows.registry.settle import make_whole, settle
from flows.registry.tags import tags_of, what_is_not_tagged
from flows.runs.lock import only_writer
from pipeline.registry.champion import write_registry


def roll_back(project: Path, version: str | None = None) -> str:
    """Make ``version`` the champion, and return what to tell; neither ``data/`` nor the user's branch changes.

    Where its bundle was pruned or damaged it is made again from its commit first; no other bundle is. Tags come last:
    a repository that cannot be written costs a warning, and the tags are made by the next promotion or rollback.

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
        tags = tags_of(project)
        registry = settle(project, tags)
        entry = registry.entry(version or registry.before())
        restored = make_whole(project, entry, tags)
        told = f"{entry.version} is the champion already"
        if entry.version != registry.champion:
            instead = f", instead of {registry.champion}" if registry.champion else ""
            told = f"{entry.version} of {entry.promoted[:10]} is the champion again{instead}"
            registry = registry.moved(entry.version, "rolled back")
            write_registry(project, registry)
        if restored:
            told = f"{told}; its bundle was made again from commit {(entry.commit or '')[:10]}"
        return "\n".join(filter(None, (told, what_is_not_tagged(tags, registry))))
