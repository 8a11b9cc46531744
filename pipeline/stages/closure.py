"""Which code a stage depends on: the rooms that its imports reach, and one hash over all of it.

``dvc.yaml`` of this repository lists these rooms as dependencies, and a test compares the two. A project
elsewhere has no such paths: it depends on ``code.yaml``, which holds the hash per stage of the installed
package.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pipeline
from pipeline.foundation.errors import IntegrityError
from pipeline.foundation.folder import sha256
from pipeline.stages.run import STAGES

CODE_FILE = "code.yaml"

_ROOT = Path(pipeline.__file__).parent.parent


def closure(stage: str) -> tuple[str, ...]:
    """Return what the stage imports, directly or not, as ``dvc.yaml`` lists it, sorted.

    Rooms are named whole (``pipeline/foundation``), stages by their file. Imports inside functions
    count; what is only reached through a string does not.
    """
    reached: set[str] = set()
    waiting = [f"pipeline.stages.{stage}"]
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting += _imports(module)
    return tuple(sorted({_as_dependency(module) for module in reached}))


def code_hashes() -> dict[str, str]:
    """Return stage → SHA-256 over every file of its closure, in the installed package."""
    return {stage: code_hash(stage) for stage in STAGES}


def code_text() -> str:
    """Return the content of a project's ``code.yaml``."""
    lines = [f"{stage}: {digest}" for stage, digest in code_hashes().items()]
    return "\n".join(["# Hash of the installed code per stage; `convoy run` rewrites it.", *lines]) + "\n"


def check_code(stage: str, project: Path) -> None:
    """Refuse to run ``stage`` where ``code.yaml`` names another version of its code.

    DVC would file the result under the wrong code, and skip it for ever after. Does nothing in a project
    without that file.

    Raises:
        IntegrityError: The hashes differ.
    """
    path = project / CODE_FILE
    if not path.is_file():
        return
    listed = dict(line.partition(": ")[::2] for line in path.read_text(encoding="utf-8").splitlines())
    if listed.get(stage) != code_hash(stage):
        raise IntegrityError(
            f"{CODE_FILE} names another version of the code of {stage!r} than the one installed; "
            f"use `convoy run`, or `convoy stage {stage}`, which bring it up to date"
        )


def code_hash(stage: str) -> str:
    """Return the SHA-256 over every file that the stage imports, as they are now."""
    return _hash(closure(stage))


def _hash(dependencies: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for dependency in dependencies:
        for path in _files(_ROOT / dependency):
            digest.update(f"{path.relative_to(_ROOT).as_posix()}\0{sha256(path)}\n".encode())
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files = (file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return sorted(files)


@cache
def _imports(module: str) -> tuple[str, ...]:
    path = _path(module)
    if path is None:
        return ()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = (name for name in _named(tree) if name.startswith("pipeline.") and _path(name))
    return tuple(name for name in known if name != "pipeline.stages")  # a folder of stages, not a room


def _named(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _path(module: str) -> Path | None:
    base = _ROOT.joinpath(*module.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def _as_dependency(module: str) -> str:
    parts = module.split(".")
    is_file = parts[1] == "stages" or not (_ROOT / "pipeline" / parts[1]).is_dir()
    return "/".join(parts) + ".py" if is_file else "/".join(parts[:2])
