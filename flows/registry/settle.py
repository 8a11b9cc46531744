"""What is put right before the registry is changed: what killed promotions left, tags, a clone without a registry."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from flows.registry.committed import read_back
from flows.registry.tags import FOUND_IN, Tags
from pipeline.foundation.errors import IntegrityError, MachineError
from pipeline.foundation.folder import MANIFEST, stage_folder
from pipeline.registry.blessing import Blessing
from pipeline.registry.bundle import check_parts, damage
from pipeline.registry.champion import (
    FILE,
    Move,
    Registry,
    Version,
    entry_of,
    read_registry,
    registry_folder,
    version_folder,
    write_registry,
)
from pipeline.registry.lineage import Lineage
from pipeline.registry.versions import parts

UNDERWAY = "underway"
"""File that names the version that is being promoted: a bundle of that name which nobody registered is a leftover."""


def settle(project: Path, tags: Tags | None) -> Registry:
    """Return the registry once it and its folders agree; the caller holds it.

    No bundle is made again here, and no tag: the way back to a whole version leads past a damaged champion, and past
    a repository that cannot be written.

    Raises:
        IntegrityError: ``registry.json`` is lost or damaged, or not the one of these bundles.
    """
    folders = [folder for folder in registry_folder(project).glob("v*") if _is_bundle(folder)]
    registry = known_registry(project, tags)
    if not (registry_folder(project) / FILE).is_file():
        if folders and not registry.versions:
            raise IntegrityError(
                f"{registry_folder(project)} holds versions, and no {FILE} says which is the champion; put that file "
                f"back, or remove the folder"
            )
        write_registry(project, registry)
    _remove_leftovers(folders, registry, tags)
    (registry_folder(project) / UNDERWAY).unlink(missing_ok=True)
    for index in registry_folder(project).glob("index.*"):
        index.unlink(missing_ok=True)
    return registry


def _is_bundle(folder: Path) -> bool:
    return bool(parts(folder.name)) and folder.is_dir() and not folder.is_symlink()


def _remove_leftovers(folders: list[Path], registry: Registry, tags: Tags | None) -> None:
    """Remove what killed promotions left; a finished bundle that nobody registered stays, and is told.

    Raises:
        IntegrityError: There is such a bundle: an older or an empty ``registry.json`` must not cost a model.
    """
    names = {version.version for version in registry.versions}
    unknown = [folder for folder in folders if folder.name not in names]
    for folder in unknown:
        if (folder / MANIFEST).is_file() and folder.name != _underway(folder.parent):
            way = f", or remove {FILE}: the tags tell of all versions" if tags is not None else ""
            raise IntegrityError(
                f"{folder} is a model that {FILE} does not know, so nothing is changed; put back the {FILE} that names "
                f"it{way}; or, if nobody needs it, move the folder away"
            )
    for folder in unknown:
        shutil.rmtree(folder)


def _underway(registry: Path) -> str | None:
    """Return the version that a promotion was about to register when it ended."""
    try:
        return (registry / UNDERWAY).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None


def make_whole(project: Path, entry: Version, tags: Tags | None) -> bool:
    """Make the bundle of a version again from its commit, if it is damaged or gone; return whether it was.

    Raises:
        IntegrityError: No commit gives it back.
    """
    folder = version_folder(project, entry.version)
    problem = damage(folder)
    if problem is None:
        return False
    if entry.commit is None or tags is None:
        raise IntegrityError(f"{problem}, and without git there is no commit to make it from")
    with stage_folder(folder) as bundle:
        read_back(tags.git, entry.commit, bundle)
        check_parts(bundle)
    return True


def known_registry(project: Path, tags: Tags | None) -> Registry:
    """Return the registry of a project; in a clone, which has none of its own yet, the one that its tags tell of.

    Raises:
        IntegrityError: ``registry.json`` is damaged.
    """
    registry = read_registry(project)
    if tags is None or (registry_folder(project) / FILE).is_file():
        return registry
    versions = [_version(tags, version, *made) for version, made in tags.versions().items()]
    known = {entry.commit: entry for entry in versions if entry is not None}
    stages = [(commit, second) for commit, second in tags.stages() if commit in known]
    if not stages:
        return registry
    moves = tuple(
        Move(at=_told(second), version=known[commit].version, how="tagged") for commit, second in stages
    )
    return Registry(champion=moves[-1].version, versions=tuple(known.values()), moves=moves)


def _version(tags: Tags, version: str, commit: str, second: int) -> Version | None:
    """Return a version as its commit tells it; None: the tag is no version's, or its commit tells of another one."""
    if not parts(version):
        return None
    try:
        lineage, blessing = (
            tags.git.say("show", f"{commit}:{tags.git.prefix}{FOUND_IN}/{name}")
            for name in ("lineage.json", "blessing.json")
        )
        told = Lineage.model_validate_json(lineage)
        if told.version != version:
            return None
        return entry_of(
            told,
            Blessing.model_validate_json(blessing),
            promoted=_told(second),
            commit=commit,
        )
    except (MachineError, ValueError):
        return None


def _told(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat(timespec="seconds")
