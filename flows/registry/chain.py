"""The chain behind a model: features ← split ← table ← snapshot ← source, each link checked by its hashes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from flows.versions.cache import md5_of
from flows.versions.git import Git
from flows.versions.kept import State, find_kept, listed_in
from pipeline.foundation.addresses import shown
from pipeline.foundation.folder import MANIFEST, listed_hashes, sha256
from pipeline.registry.bundle import LINEAGE, PARAMS, damage
from pipeline.registry.lineage import hashed, told_lineage

STAGES = (
    ("weights", "analyze"),
    ("features", "extract"),
    ("split", "preprocess"),
    ("table", "validate"),
    ("rows", "ingest"),
)
"""Link → stage that made it, from the model backwards."""


@dataclass(frozen=True)
class Link:
    """One link of the chain."""

    name: str
    what: str
    state: State
    told: str
    """What was compared, or why nothing could be."""


@dataclass(frozen=True)
class Origin:
    """A model, and what is known of how it came to be."""

    project: Path
    bundle: Path
    lock: str | None
    """``dvc.lock`` of its making; None: nobody kept it."""

    commit: str | None = None
    tag: str | None = None


def model_chain(origin: Origin) -> Iterator[Link]:
    """Yield the links from a model back to its source; nothing of the project is changed.

    Raises:
        IntegrityError: The model does not say where it came from, or a manifest is damaged.
    """
    lineage = told_lineage(origin.bundle / LINEAGE)
    wrong = damage(origin.bundle)
    told = wrong or "every file is the one of its manifest"
    yield Link("model", f"{lineage['version']} {lineage['model']}", "differs" if wrong else "verified", told)
    yield from _stages(origin, lineage)
    yield from _snapshots(origin)
    yield _source(origin)
    yield from _code(lineage)
    yield from _commit(origin)


def _stages(origin: Origin, lineage: dict[str, Any]) -> Iterator[Link]:
    """Compare the manifest of each stage with the hash that the model carries of it."""
    known = lineage.get("stages") or {
        name.removeprefix("data/"): digest for name, digest in lineage.get("data", {}).items()
    }
    outs = _outs(origin.lock)
    for name, stage in STAGES:
        manifest, digest = origin.bundle / stage / MANIFEST, known.get(stage)
        if digest is None or not manifest.is_file():
            yield Link(name, f"data/{stage}", "unknown", "the model carries no hash of it")
            continue
        found = sha256(manifest)
        if found != digest:
            yield Link(
                name,
                f"data/{stage}",
                "differs",
                f"manifest {found[:8]}, and the model was made of {digest[:8]}",
            )
        elif stage == "validate" and isinstance(lineage.get("data"), str):
            listed = listed_hashes(manifest.parent).get("table.parquet")
            same = listed == lineage["data"]
            told = f"{lineage['rows']:,} rows, SHA-256 {lineage['data'][:8]}"
            yield Link(name, f"data/{stage}", "verified" if same else "differs", told)
        else:
            yield _by_lock(name, stage, manifest, origin, outs.get(f"data/{stage}"))


def _by_lock(name: str, stage: str, manifest: Path, origin: Origin, out: str | None) -> Link:
    """Compare a manifest with what the lock of that time says of its stage, where DVC still has the list of files."""
    told = f"manifest {sha256(manifest)[:8]}"
    listed = None if out is None else listed_in(origin.project, out)
    if listed is None:
        return Link(name, f"data/{stage}", "verified", told)
    if listed.get(MANIFEST) != md5_of(manifest):
        return Link(name, f"data/{stage}", "differs", f"{told} is not the one that dvc.lock names")
    return Link(name, f"data/{stage}", "verified", f"{told}, as in dvc.lock")


def _outs(lock: str | None) -> dict[str, str]:
    """Return folder of a stage → its hash in a ``dvc.lock``."""
    stages = (YAML(typ="safe", pure=True).load(lock or "") or {}).get("stages", {})
    return {
        str(out["path"]): str(out.get("md5", ""))
        for stage in stages.values()
        for out in stage.get("outs", ())
    }


def _snapshots(origin: Origin) -> Iterator[Link]:
    """Look for what ``ingest`` read, by the lock of that time."""
    if origin.lock is None:
        yield Link("snapshot", "", "unknown", "no dvc.lock of that time was kept (a project without git)")
        return
    lock = YAML(typ="safe", pure=True).load(origin.lock) or {}
    for dependency in lock.get("stages", {}).get("ingest", {}).get("deps", ()):
        kept = find_kept(origin.project, dependency)
        yield Link("snapshot", str(dependency["path"]), kept.state, kept.told)


def _source(origin: Origin) -> Link:
    """Say where the data came from, by the settings that the model was made with."""
    settings = YAML(typ="safe", pure=True).load((origin.bundle / PARAMS).read_text(encoding="utf-8"))
    flow, sources = settings.get("flow") or {}, settings.get("sources") or {}
    if place := flow.get("new_data"):
        query = flow.get("new_query")
        return Link(
            "source",
            f"{shown(str(place))}: {query}" if query else shown(str(place)),
            "unknown",
            "as flow.new_data says",
        )
    return Link(
        "source", shown(str(sources.get("path") or sources.get("kind"))), "unknown", "as sources says"
    )


def _code(lineage: dict[str, Any]) -> Iterator[Link]:
    from pipeline.stages.closure import code_hashes

    if made := lineage.get("code"):
        same = hashed(code_hashes()) == made
        told = "the code that is installed here" if same else "other code is installed here by now"
        yield Link("code", made[:8], "verified" if same else "unknown", told)


def _commit(origin: Origin) -> Iterator[Link]:
    if origin.commit is None:
        yield Link("commit", "", "unknown", "no commit is known of it")
        return
    git = Git.around(origin.project)
    if git is None or git.resolve(origin.commit) is None:
        yield Link("commit", origin.commit[:8], "unknown", "this repository does not hold it")
        return
    subject = git.say("show", "--no-patch", "--format=%cs %s", origin.commit)
    if origin.tag is None:
        yield Link("commit", origin.commit[:8], "verified", subject)
        return
    tagged = git.resolve(f"refs/tags/{origin.tag}")
    same = tagged == origin.commit
    told = (
        f"{subject}; tag {origin.tag}" if same else f"the tag {origin.tag} names {(tagged or 'nothing')[:8]}"
    )
    yield Link("commit", origin.commit[:8], "verified" if same else "differs", told)
