"""Which version is the champion, and where its bundle lies: ``.convoy/registry/`` of a project.

``registry.json`` is the one thing that says so. It is replaced in one rename, and the folders that it names never
change, so whoever serves reads either the old champion or the new one, whatever happens in ``data/``.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.foundation.errors import ConfigError, IntegrityError
from pipeline.foundation.files import json_text, write_atomically
from pipeline.registry.blessing import Blessing
from pipeline.registry.bundle import damage
from pipeline.registry.lineage import Lineage
from pipeline.registry.versions import VersionName, parts

FILE = "registry.json"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Version(_Frozen):
    """One promoted model."""

    version: VersionName
    promoted: str
    """When, ISO 8601."""

    model: str
    metric: str
    score: float
    interval: tuple[float, float] | None
    data: str
    """SHA-256 of the table that passed validation."""

    fingerprint: str
    """Of the lineage: the same for the same training on the same data."""

    reason: str
    """Why it was promoted."""

    forced: bool
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")] | None
    """Commit of params, stages and lock; None: the project has no git."""


class Move(_Frozen):
    """One change of the champion."""

    at: str
    version: VersionName
    how: str
    """`promoted`, `rolled back`, or `tagged` where only git's tags tell of it."""


class Registry(_Frozen):
    """All versions, oldest first, and every change of the champion."""

    champion: VersionName | None = None
    versions: tuple[Version, ...] = ()
    moves: tuple[Move, ...] = ()

    def entry(self, version: str) -> Version:
        """Return what is known of a version.

        Raises:
            ConfigError: There is none of that name.
        """
        for known in self.versions:
            if known.version == version:
                return known
        names = ", ".join(known.version for known in self.versions) or "none yet"
        raise ConfigError(f"there is no version {version}; there are: {names}")

    def before(self) -> str:
        """Return the version that was champion before the present one.

        Raises:
            ConfigError: There was none.
        """
        earlier = [move.version for move in self.moves if move.version != self.champion]
        if not earlier:
            raise ConfigError("no other version was champion before, so there is nothing to go back to")
        return earlier[-1]

    def moved(self, version: str, how: str) -> "Registry":
        """Return the registry with another champion."""
        move = Move(at=now(), version=version, how=how)
        return self.model_copy(update={"champion": version, "moves": (*self.moves, move)})


def entry_of(lineage: Lineage, blessing: Blessing, *, promoted: str, commit: str | None) -> Version:
    """Return what the registry keeps of a version.

    Args:
        lineage: With its version.
        blessing: Why it was promoted.
        promoted: When, ISO 8601.
        commit: That of its promotion; None: the project has no git.
    """
    forced = blessing.forced is not None and not blessing.blessed
    return Version(
        version=str(lineage.version),
        promoted=promoted,
        model=lineage.model,
        metric=lineage.metric,
        score=lineage.score,
        interval=lineage.interval,
        data=lineage.data,
        fingerprint=lineage.fingerprint,
        reason=f"forced ({blessing.forced}): {blessing.reason}" if forced else blessing.reason,
        forced=forced,
        commit=commit,
    )


def now() -> str:
    """Return the time, as versions and moves tell it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def registry_folder(project: Path) -> Path:
    """Return ``.convoy/registry`` of a project."""
    return project / ".convoy" / "registry"


def version_folder(project: Path, version: str) -> Path:
    """Return where the bundle of a version lies.

    Raises:
        IntegrityError: The name is not of the form of versions, so the folder could lie anywhere.
    """
    if not parts(version):
        raise IntegrityError(
            f"{version!r} is no version such as v1.0.0, so it has no folder in {registry_folder(project)}; "
            f"`convoy models` lists the versions"
        )
    return registry_folder(project) / version


def read_registry(project: Path) -> Registry:
    """Return what is registered; an empty registry where nothing has been promoted.

    Raises:
        IntegrityError: ``registry.json`` is damaged, or no file that can be read.
    """
    path = registry_folder(project) / FILE
    try:
        return Registry.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Registry()
    except OSError as error:
        raise IntegrityError(f"{path} cannot be read: {error.strerror}; put back a copy of it") from None
    except ValidationError as error:
        raise IntegrityError(
            f"{path} is damaged: {str(error).splitlines()[0]}; put back a copy of it"
        ) from None


def write_registry(project: Path, registry: Registry) -> None:
    """Replace ``registry.json``: the moment in which the champion changes."""
    write_atomically(json_text(registry.model_dump(mode="json")), registry_folder(project) / FILE)


def champion_folder(project: Path) -> Path:
    """Return the bundle of the champion; it holds nothing of ``data/`` and never changes.

    Raises:
        ConfigError: Nothing has been promoted.
        IntegrityError: The bundle, or the registry, is damaged.
    """
    champion = read_registry(project).champion
    if champion is None:
        raise ConfigError(f"{project} has no champion yet; `convoy run`, then `convoy promote`")
    folder = version_folder(project, champion)
    problem = damage(folder)
    if problem is not None:
        raise IntegrityError(
            f"{problem}; `convoy rollback {champion}` brings it back from its commit, another version takes its place"
        )
    return folder
