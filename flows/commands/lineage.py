"""``convoy lineage``: the chain behind a prediction or a model, printed and checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows.commands.model import CHAMPION, chosen_model
from flows.registry.chain import Link, Origin, model_chain
from flows.registry.settle import known_registry
from flows.registry.tags import tags_of
from flows.showing.terminal import Terminal, aligned
from flows.versions.git import Git
from pipeline.foundation.errors import IntegrityError, PipelineError
from pipeline.foundation.folder import MANIFEST, sha256
from pipeline.registry.champion import Registry, Version, version_folder
from pipeline.stages.predicted_input import input_files, input_hash
from pipeline.stages.prediction_file import lineage_in

MARKS = {"verified": "✓", "differs": "✗", "unknown": "–"}


def show_lineage(what: str | None, project: Path) -> int:
    """Print the chain behind a file of predictions, a version, or the folder of a model.

    Args:
        what: A file, a version such as `v1.0.0`, `champion`, or a folder; None: the champion, or before any promotion
            the model of the last run.
        project: Whose registry, cache and repository are searched.

    Returns:
        0, or the exit code of an :class:`IntegrityError` where a link is not what it was.

    Raises:
        ConfigError: There is no such version or folder.
        DataError: The file does not say where it came from.
        IntegrityError: There is no model.
    """
    project = project.resolve()
    file = None if what is None else Path(what).expanduser()
    if file is not None and file.is_file():
        links = list(_behind_predictions(file, project))
    else:
        with _origin(what, project) as origin:
            links = list(model_chain(origin))
    terminal = Terminal()
    for line in aligned([[MARKS[link.state], link.name, link.what, link.told] for link in links], left=4):
        terminal.line(line)
    wrong = [link for link in links if link.state == "differs"]
    if not wrong:
        return 0
    terminal.line()
    terminal.line(f"the chain is broken at: {', '.join(link.name for link in wrong)}")
    return IntegrityError.exit_code


def _behind_predictions(file: Path, project: Path) -> Iterator[Link]:
    told = lineage_in(file)
    counts = f"{told['scored']:,} scored, {told['unscored']:,} not"
    yield Link("predictions", file.name, "unknown", counts)
    yield _input(told["input"], file, project)
    with _maker(told, project) as origin:
        if origin is None:
            model = told["model"]
            yield Link(
                "model",
                f"{model['version']} {model['model']}",
                "unknown",
                f"no model here has the manifest {told['model_manifest'][:8]}",
            )
        else:
            yield from model_chain(origin)


def _input(told: dict[str, Any], file: Path, project: Path) -> Link:
    """Look for the input where it lay, then by its name beside the predictions, here, and in the project."""
    name, digest, path = str(told["name"]), told["sha256"], told.get("path")
    if digest is None:
        return Link("input", name, "unknown", "a folder, a URL or a database, of which no hash was kept")
    lay = [] if path is None else [project / path]
    named = [place for place in (Path(name), project / name, file.parent / name) if place.is_file()]
    for place in (*lay, *named):
        if _is_there(place) and input_hash(place) == digest:
            return Link("input", name, "verified", f"SHA-256 {digest[:8]}, at {place}")
    changed = bool(lay) and _is_there(lay[0])
    where = (
        f"another one lies at {lay[0]} by now"
        if changed
        else f"it lay at {lay[0]}"
        if lay
        else "only its name was kept"
    )
    return Link("input", name, "unknown", f"SHA-256 {digest[:8]}; moved or gone: {where}")


def _is_there(place: Path) -> bool:
    try:
        return input_files(place) is not None
    except (OSError, ValueError, PipelineError):
        return False


@contextmanager
def _maker(told: dict[str, Any], project: Path) -> Iterator[Origin | None]:
    """Yield the model that made a file: the version with that manifest, or the one of the last run."""
    if (known := _version_of(told["model_manifest"], project)) is not None:
        yield _promoted(known, project)
        return
    try:
        with chosen_model(None, project) as chosen:
            same = sha256(chosen.folder / MANIFEST) == told["model_manifest"]
            yield _of_last_run(chosen.folder, project) if same else None
    except IntegrityError:
        yield None


@contextmanager
def _origin(what: str | None, project: Path) -> Iterator[Origin]:
    registry: Registry = known_registry(project, tags_of(project))
    version = registry.champion if what in (None, CHAMPION) else what
    if version is not None and not Path(version).expanduser().is_dir():
        yield _promoted(registry.entry(version), project)
        return
    with chosen_model(what, project) as chosen:
        yield _of_last_run(chosen.folder, project) if version is None else _named(chosen.folder, project)


def _version_of(manifest: str, project: Path) -> Version | None:
    """Return the version of the registry whose manifest has this SHA-256."""
    for known in known_registry(project, tags_of(project)).versions:
        own = version_folder(project, known.version) / MANIFEST
        if own.is_file() and sha256(own) == manifest:
            return known
    return None


def _named(folder: Path, project: Path) -> Origin:
    """Return the model in a folder that was named: a version of this project, or one of which no lock is known."""
    manifest = folder / MANIFEST
    known = _version_of(sha256(manifest), project) if manifest.is_file() else None
    return Origin(project, folder, lock=None) if known is None else _promoted(known, project)


def _promoted(known: Version, project: Path) -> Origin:
    folder = version_folder(project, known.version)
    if not (folder / MANIFEST).is_file():
        raise IntegrityError(
            f"{known.version} is not here any more; `convoy rollback {known.version}` makes it again from its commit"
        )
    tags, git = tags_of(project), Git.around(project)
    lock = None
    if known.commit is not None and git is not None and git.resolve(known.commit):
        lock = git.say("show", f"{known.commit}:{git.prefix}dvc.lock")
    tag = None if tags is None else f"{tags.name}@{known.version}"
    return Origin(project, folder, lock, known.commit, tag)


def _of_last_run(folder: Path, project: Path) -> Origin:
    """Return a model that nobody promoted: what it was made of is what the project's lock names now."""
    lock = project / "dvc.lock"
    return Origin(project, folder, lock.read_text(encoding="utf-8") if lock.is_file() else None)
