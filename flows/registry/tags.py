"""The registry in git, as GTO and DVC read it: a branch of promotions, tags ``NAME@v1.0.0`` and ``NAME#champion#1``.

GTO's tags are annotated git tags with names of a fixed form; writing them through git's plumbing lets a version and
its stage appear in one transaction, which GTO's own commands cannot. ``gto show`` and ``dvc artifacts get`` read them.
"""

import re
import time
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shlex import quote
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from flows.versions.git import Git
from pipeline.foundation.errors import ConfigError, MachineError
from pipeline.foundation.files import json_text
from pipeline.registry.blessing import Blessing
from pipeline.registry.champion import Registry
from pipeline.registry.lineage import Lineage

STAGE = "champion"
ARTIFACT = "data/analyze"
FOUND_IN = "registry"
"""Folder of a promotion's commit with what is no stage's: ``lineage.json``, ``blessing.json``, and the suite."""

FILES = (
    "params.yaml",
    "dvc.yaml",
    "dvc.lock",
    "code.yaml",
    ".dvc/config",
    ".dvcignore",
    ".dvc/.gitignore",
    ".gitignore",
)

_REFUSED = re.compile(
    r"[\x00-\x20\x7f~^:?*\[\\]"  # anywhere
    r"|(?:^|(?<=/))\.|(?<=\.)\.|\.$|\.(?=lock(?:/|$))|@(?=\{)"  # in some places
    r"|_(?=x[0-9a-f]+_)"  # what would be read as spelt so
)


def spelt(path: str) -> str:
    """Return a folder or a name as branches and tags can hold it: each character that git refuses as ``_x20_``.

    Letters, digits and underscores are also what GTO takes in a folder's name. No two paths are spelt the same.
    """
    return _REFUSED.sub(lambda found: f"_x{ord(found[0]):02x}_", path)


@dataclass(frozen=True)
class Tags:
    """Where the promotions of one project stand in git."""

    git: Git
    artifact: str
    """Name in ``dvc.yaml``."""

    @property
    def name(self) -> str:
        """Return the artifact's name in tags; below the root of the repository its folder stands before it."""
        folder, artifact = spelt(self.git.prefix.rstrip("/")), spelt(self.artifact)
        return f"{folder}={artifact}" if folder else artifact

    def fetched_by(self, version: str) -> str:
        """Return the command that gets a version elsewhere: by its name, or by its tag where names are spelt otherwise.

        DVC looks for ``dvc.yaml`` in the folder that a tag names.
        """
        own = f"{self.git.prefix.rstrip('/')}={self.artifact}" if self.git.prefix else self.artifact
        if own == self.name:
            return f"dvc artifacts get REPOSITORY {self.name.replace('=', ':')} --stage {STAGE}"
        return (
            f"dvc get REPOSITORY {quote(self.git.prefix + ARTIFACT)} --rev {quote(f'{self.name}@{version}')}"
        )

    @property
    def branch(self) -> str:
        """Return the branch of promotions, in full."""
        return f"refs/heads/convoy/{spelt(self.git.prefix + self.artifact)}"

    def versions(self) -> dict[str, tuple[str, int]]:
        """Return version → commit, and the second in which it was tagged, the oldest first."""
        found = self.git.tags(f"{self.name}@v*")
        return {tag.removeprefix(f"{self.name}@"): made for tag, made in found.items()}

    def stages(self) -> list[tuple[str, int]]:
        """Return the commits that became champion, each with the second, the oldest first."""
        return [made for _, made in sorted(self._stages(self.git.tags(f"{self.name}#*")).items())]

    def commit(self, lineage: Lineage, blessing: Blessing, suite: Path) -> str:
        """Commit what makes the challenger, to the branch of promotions; the user's own branch does not move.

        Its parents are the last promotion and what is checked out.

        Args:
            lineage: Of what is promoted, with its version.
            blessing: Why.
            suite: The suite that its data passed.

        Raises:
            ConfigError: The branch is checked out.
            BusyError: Another promotion was faster.
        """
        if self.git.branch() == self.branch:
            raise ConfigError(
                f"{self.branch.removeprefix('refs/heads/')} is checked out, and promotions are committed there; "
                f"`git switch` to a branch of your own"
            )
        extra = {
            f"{FOUND_IN}/lineage.json": json_text(lineage.model_dump(mode="json")),
            f"{FOUND_IN}/blessing.json": json_text(blessing.model_dump(mode="json")),
            f"{FOUND_IN}/quality.yaml": suite.read_text(encoding="utf-8"),
        }
        old, head = self.git.resolve(self.branch), self.git.resolve("HEAD")
        tree = self.git.tree_with([*FILES, *_kept(self.git.project)], extra)
        message = f"{self.artifact} {lineage.version}: {lineage.model}\n\n{blessing.reason}\n"
        commit = self.git.commit(tree, [parent for parent in (old, head) if parent], message)
        self.git.move(self.branch, commit, old)
        return commit

    def follow(self, registry: Registry) -> None:
        """Make the tags that the registry says and git does not have yet; none is ever moved or removed.

        Raises:
            MachineError: git cannot make them; the message names them.
        """
        if registry.champion is None:
            return
        have = self.git.tags(f"{self.name}[@#]*")
        missing = {
            f"{self.name}@{known.version}": known.commit
            for known in registry.versions
            if known.commit and f"{self.name}@{known.version}" not in have
        }
        champion = registry.entry(registry.champion).commit
        stages = self._stages(have)
        latest = stages[max(stages)][0] if stages else None
        if champion and champion != latest:
            missing[f"{self.name}#{STAGE}#{self._count(have) + 1}"] = champion
        if missing:
            second = max([int(time.time()) - len(missing), *(made for _, made in have.values())])
            dated = {tag: (commit, second + 1 + place) for place, (tag, commit) in enumerate(missing.items())}
            try:
                self.git.tag(dated, registry.entry(registry.champion).reason)
            except MachineError as error:
                raise MachineError(f"{', '.join(missing)} cannot be tagged: {error}") from None

    def _stages(self, tags: dict[str, tuple[str, int]]) -> dict[int, tuple[str, int]]:
        """Return count → commit and second of the tags that say who is champion."""
        form = re.compile(rf"{re.escape(self.name)}#{STAGE}#(\d+)")
        return {int(match[1]): made for tag, made in tags.items() if (match := form.fullmatch(tag))}

    def _count(self, tags: dict[str, tuple[str, int]]) -> int:
        """Return the highest number of any stage of the artifact: GTO counts all of them together."""
        found = (re.fullmatch(rf"{re.escape(self.name)}#[^#]+#(\d+)", tag) for tag in tags)
        return max((int(match[1]) for match in found if match), default=0)


def tags_of(project: Path) -> Tags | None:
    """Return the tags of a project; None where neither git nor DVC over git keeps it.

    A project without git can be served and rolled back all the same: its registry is ``.convoy/registry`` alone.

    Raises:
        ConfigError: ``dvc.yaml`` names no artifact, so there is no name to tag.
    """
    git = None if _without_scm(project) else Git.around(project)
    if git is None:
        return None
    name = artifact_name(project)
    if name is None:
        raise ConfigError(
            f"{project / 'dvc.yaml'} names no artifact for {ARTIFACT}, so a promotion has no name; add there "
            f"`artifacts: {{model: {{path: {ARTIFACT}, type: model}}}}`"
        )
    return Tags(git, name)


def what_is_not_tagged(tags: Tags | None, registry: Registry) -> str | None:
    """Make the tags that the registry says; return a warning of those that git could not make, or None.

    The champion has changed by then, so what git says against a tag is no error any more.

    Args:
        tags: Where they belong; None: the project has none.
        registry: As it was written.
    """
    try:
        if tags is not None:
            tags.follow(registry)
    except MachineError as error:
        return f"warning: {error}; the next promotion or rollback tries again"
    return None


def artifact_name(project: Path) -> str | None:
    """Return the artifact of ``dvc.yaml`` that is the model; None: it names none."""
    listed = _yaml(project / "dvc.yaml").get("artifacts") or {}
    paths = {name: str((about or {}).get("path", "")) for name, about in listed.items()}
    return next(
        (name for name, path in paths.items() if PurePosixPath(path) == PurePosixPath(ARTIFACT)), None
    )


def _kept(project: Path) -> list[str]:
    """Return the files and folders that git, and not DVC, keeps of what the stages depend on."""
    stages = _yaml(project / "dvc.yaml").get("stages") or {}
    named = [dep for stage in stages.values() for dep in stage.get("deps") or ()]
    named += [
        param for stage in stages.values() for param in stage.get("params") or () if isinstance(param, dict)
    ]
    paths = [str(next(iter(each))) if isinstance(each, dict) else str(each) for each in named]
    outs = {str(out) for stage in stages.values() for out in stage.get("outs") or ()}
    found: dict[str, None] = {}
    for path in paths:
        pointers = [
            parent
            for parent in (path, *map(str, PurePosixPath(path).parents))
            if _has_pointer(project, parent)
        ]
        if pointers:
            found[f"{pointers[0]}.dvc"] = None
        elif path not in outs and not Path(path).is_absolute() and ".." not in PurePosixPath(path).parts:
            found[path] = None
    return list(found)


def _has_pointer(project: Path, path: str) -> bool:
    return path != "." and (project / f"{path}.dvc").is_file()


def _yaml(path: Path) -> dict[str, Any]:
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError):
        return {}
    return content if isinstance(content, dict) else {}


def _without_scm(project: Path) -> bool:
    """Return whether DVC was told that there is no git (`dvc init --no-scm`)."""
    config = ConfigParser()
    try:
        config.read(project / ".dvc" / "config", encoding="utf-8")
        return config.getboolean("core", "no_scm", fallback=False)
    except (ConfigParserError, ValueError):
        return False
