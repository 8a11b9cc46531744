"""``convoy rollback``: an earlier version becomes the champion again, whole and at once."""

from pathlib import Path

from flows.registry.settle import make_whole, settle
from flows.registry.tags import tags_of, what_is_not_tagged
from flows.runs.lock import only_writer
from pipeline.evaluation.wording import numbers
from pipeline.registry.champion import Registry, Version, write_registry

SHOWN = 5
"""Other versions that are named."""


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
        told, others = f"{entry.version} is the champion already", _others(registry)
        if entry.version != registry.champion:
            instead = f", instead of {registry.champion}" if registry.champion else ""
            told, others = f"{entry.version} of {entry.promoted[:10]} is the champion again{instead}", ""
            registry = registry.moved(entry.version, "rolled back")
            write_registry(project, registry)
        if restored:
            told = f"{told}; its bundle was made again from commit {(entry.commit or '')[:10]}"
        return "\n".join(filter(None, (told, others, what_is_not_tagged(tags, registry))))


def _others(registry: Registry) -> str:
    """Return what a rollback could go back to, the last champion first."""
    known = {version.version: version for version in registry.versions}
    moved = [move.version for move in reversed(registry.moves)]
    others = [
        name
        for name in dict.fromkeys([*moved, *reversed(known)])
        if name in known and name != registry.champion
    ]
    if not others:
        return "there is no other version to go back to"
    told = ", ".join(f"{name} ({_score(known[name])})" for name in others[:SHOWN])
    more = f", and {len(others) - SHOWN} more (`convoy models`)" if len(others) > SHOWN else ""
    return f"earlier champions and other versions: {told}{more}; `convoy rollback {others[0]}` goes back"


def _score(version: Version) -> str:
    return f"{version.metric} {numbers(version.score)[0]}, of {version.promoted[:10]}"
