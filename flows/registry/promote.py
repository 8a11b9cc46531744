"""``convoy promote``: the model in ``data/`` becomes the champion, if it is blessed.

Nothing changes for whoever serves until the last step, which is one rename; what a killed promotion left before that
is removed by the next one, and tags that it could not make any more are made then.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from flows.registry.committed import read_back
from flows.registry.settle import UNDERWAY, make_whole, settle
from flows.registry.tags import Tags, tags_of, what_is_not_tagged
from flows.runs.lock import only_run, only_writer
from flows.runs.record import records
from flows.versions.graph import read_plan
from pipeline.comparison.descent import lineage_of
from pipeline.comparison.duel import Champion, Scorer, judge_challenger
from pipeline.config import Config
from pipeline.foundation.errors import BusyError, ConfigError, DataError, IntegrityError
from pipeline.foundation.files import json_text, write_atomically, write_json
from pipeline.foundation.folder import MANIFEST, stage_folder
from pipeline.params import read_config
from pipeline.registry.blessing import Blessing
from pipeline.registry.bundle import BLESSING, LINEAGE, PARAMS, PARTS, SUITE, bundle_files, check_parts
from pipeline.registry.champion import (
    Registry,
    entry_of,
    now,
    registry_folder,
    version_folder,
    write_registry,
)
from pipeline.registry.lineage import Lineage, read_lineage
from pipeline.registry.versions import next_version


@dataclass(frozen=True)
class Promotion:
    """How it ended."""

    version: str | None
    """The new champion; None: the old one stays."""

    message: str
    """One sentence."""

    blessing: Blessing | None = None
    """None: the challenger is a version already, and nothing was decided."""

    commit: str | None = None
    tags: Tags | None = None
    is_tagged: bool = True
    """Whether git made the tags; where not, the message warns."""


def let_answer(bundle: Path, table: Path, wanted: pl.DataFrame) -> pl.DataFrame:
    """Let the champion answer rows that it was not tested on; see :func:`pipeline.stages.answers.answers_to`."""
    from pipeline.stages.answers import answers_to  # torch is imported only where this is needed

    return answers_to(bundle, table, wanted)


def promote_project(
    project: Path,
    *,
    force: str | None = None,
    drift: bool = False,
    score: Scorer | None = let_answer,
    reports: Path | None = None,
) -> Promotion:
    """Hold the challenger in ``data/`` against the champion, and let it take its place if it may.

    Args:
        project: Folder with ``params.yaml`` and ``data/``.
        force: Why it is promoted even if it is not blessed; None: only if it is.
        drift: Whether drift asked for the retrain; the challenger then only must not be worse.
        score: Lets the champion answer test rows that it has no stored answers to.
        reports: Where ``blessing.json`` goes as well, such as the folder of the run.

    Raises:
        ConfigError: The folder is no project, or its branch of promotions is checked out.
        DataError: The stages are not up to date.
        IntegrityError: A file is not the one that a stage wrote, or the commit gives another model back.
        BusyError: A run, or another promotion, is under way.
    """
    project = project.resolve()
    if force is not None and not force.strip():
        raise ConfigError(
            "--force needs a reason, which is kept with the version: --force 'broken sensor replaced'"
        )
    with only_run(project, "convoy promote"):
        config = read_config(project / PARAMS)
        _require_results(project)
        tags = tags_of(project)
        with only_writer(project, "convoy promote"):
            before = _ready(project, tags)
        lineage = lineage_of(project, config, run=_last_run(project))
        same = [known.version for known in before.versions if known.fingerprint == lineage.fingerprint]
        if same:
            return Promotion(None, _known_already(same[-1], before))
        blessing = judge_challenger(
            project, config, lineage, champion=_champion(project, before), drift=drift, score=score
        ).model_copy(update={"forced": force})
        for folder in filter(None, (registry_folder(project), reports)):
            write_atomically(json_text(blessing.model_dump(mode="json")), folder / BLESSING)
        if not blessing.blessed and force is None:
            return Promotion(None, f"not promoted: {blessing.reason}", blessing)
        with only_writer(project, "convoy promote"):
            registry = _ready(project, tags)
            if registry.champion != before.champion:
                raise BusyError(
                    "the champion changed while the challenger was held against it; promote again"
                )
            return _install(Challenger(project, config, lineage, blessing), registry, tags)


def _ready(project: Path, tags: Tags | None) -> Registry:
    """Return the registry once it, its folders and its tags agree, and the champion is whole; the caller holds it."""
    registry = settle(project, tags)
    if registry.champion is not None and tags is not None:
        make_whole(project, registry.entry(registry.champion), tags)
        tags.follow(registry)
    return registry


def _champion(project: Path, registry: Registry) -> Champion | None:
    if registry.champion is None:
        return None
    return Champion(registry.champion, version_folder(project, registry.champion))


def _known_already(version: str, registry: Registry) -> str:
    """Return why a model that is a version already is none again: else a retrain would undo a rollback."""
    if version == registry.champion:
        return f"not promoted: {version} is this very model, and the champion already"
    return (
        f"not promoted: {version} is this very model, and {registry.champion} took its place; "
        f"`convoy rollback {version}` makes it the champion again"
    )


def _require_results(project: Path) -> None:
    """Refuse to promote what the settings, the code and the data of today would not give.

    Raises:
        DataError: Some stage is not up to date.
    """
    changed = sorted(read_plan(project).changed)
    if changed:
        raise DataError(
            f"{', '.join(changed)} {'is' if len(changed) == 1 else 'are'} not up to date, so nobody can say what would "
            f"be promoted; `convoy run` first"
        )


def _last_run(project: Path) -> str | None:
    """Return the last run that went through the stages to their end; comparisons are runs, too, and do not."""
    done = [
        record.run
        for _, record in records(project)
        if record.state in ("completed", "running") and any(run.stage == "evaluate" for run in record.stages)
    ]
    return done[-1] if done else None


@dataclass(frozen=True)
class Challenger:
    """What is promoted."""

    project: Path
    config: Config
    lineage: Lineage
    blessing: Blessing


def _install(challenger: Challenger, registry: Registry, tags: Tags | None) -> Promotion:
    """Commit, build the bundle, switch the champion, tag; the caller holds run and registry."""
    project, blessing = challenger.project, challenger.blessing
    taken = [*(known.version for known in registry.versions), *(tags.versions() if tags else ())]
    champion = _champion(project, registry)
    before = None if champion is None else read_lineage(champion.bundle / LINEAGE)
    version = next_version(taken, before, challenger.lineage)
    lineage = challenger.lineage.model_copy(update={"version": version})
    suite = project / Path(challenger.config.quality.suite).expanduser()
    commit = tags.commit(lineage, blessing, suite) if tags is not None else None
    underway = registry_folder(project) / UNDERWAY
    write_atomically(version, underway)
    with stage_folder(version_folder(project, version)) as bundle:
        if tags is not None and commit is not None:
            read_back(tags.git, commit, bundle)
        else:
            _copy(project, bundle, suite)
            write_json(lineage.model_dump(mode="json"), bundle / LINEAGE)
            write_json(blessing.model_dump(mode="json"), bundle / BLESSING)
        _compare_with_data(project, bundle, commit)
    entry = entry_of(lineage, blessing, promoted=now(), commit=commit)
    together = registry.model_copy(update={"versions": (*registry.versions, entry)})
    registry = together.moved(version, "promoted")
    write_registry(project, registry)
    underway.unlink(missing_ok=True)
    warning = what_is_not_tagged(tags, registry)
    prune(project, registry, keep=challenger.config.registry.keep)
    message = "; ".join(filter(None, (f"{version} is the champion: {entry.reason}", warning)))
    return Promotion(version, message, blessing, commit, tags, is_tagged=warning is None)


def _copy(project: Path, bundle: Path, suite: Path) -> None:
    """Fill a bundle from ``data/``, where there is no git to read it back from."""
    for stage, name in bundle_files(project):
        (bundle / stage).mkdir(exist_ok=True)
        shutil.copyfile(project / "data" / stage / name, bundle / stage / name)
    shutil.copyfile(project / PARAMS, bundle / PARAMS)
    shutil.copyfile(suite, bundle / SUITE)


def _compare_with_data(project: Path, bundle: Path, commit: str | None) -> None:
    """Check that a bundle is what lies in ``data/``, file by file.

    Raises:
        IntegrityError: It is not; with git, the commit gives another model than the one that was judged.
    """
    for stage in PARTS:
        if (bundle / stage / MANIFEST).read_bytes() != (project / "data" / stage / MANIFEST).read_bytes():
            raise IntegrityError(
                f"commit {(commit or 'none')[:10]} gives another {stage} than data/{stage} holds: dvc.lock is not that "
                f"of these results; `dvc commit` or `convoy run`, and promote again"
            )
    check_parts(bundle)


def prune(project: Path, registry: Registry, *, keep: int) -> None:
    """Remove the folders of old versions: never the champion's, nor that of the version before it.

    With git they come back from their commit; without, only what ``registry.json`` says of them is left.
    """
    recent = {version.version for version in registry.versions[-keep:]}
    protected = {registry.champion, *(move.version for move in registry.moves[-2:])}
    for version in registry.versions:
        folder = version_folder(project, version.version)
        if version.version not in recent | protected and folder.is_dir():
            shutil.rmtree(folder)
