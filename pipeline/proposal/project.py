"""Write a proposed project: params, stages, suite, and a copy of the data, under git and DVC."""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.config import Config
from pipeline.foundation.errors import ConfigError, MachineError
from pipeline.params import params_text
from pipeline.proposal.choice import Proposal
from pipeline.proposal.propose import MOST_ROWS
from pipeline.proposal.snapshot import root_of, take
from pipeline.quality.propose import propose_suite
from pipeline.stages.closure import CODE_FILE, code_text
from pipeline.stages.run import STAGES
from pipeline.stages.watched import named_files

TEMPLATE = Path(__file__).parent / "template"
NO_NAME = re.compile("[/%&<>{}]")
NO_GIT = "git is not installed, and a project needs it for its history"
UNSTAGE = ("git", "rm", "-r", "-f", "--cached", "--quiet", "--ignore-unmatch", "--")
IDENTITY = ("-c", "user.name=Convoy", "-c", "user.email=convoy@localhost")


def write_project(folder: Path, proposal: Proposal, data: str | Path | None, *, copy: bool) -> Config:
    """Make ``folder`` a project with the proposed params; nothing stays behind when that fails.

    Args:
        folder: Where; it must not exist, or be empty.
        proposal: What :func:`pipeline.proposal.propose.propose` returned.
        data: The user's file, folder or URL; None where the source needs none.
        copy: Whether to take a snapshot of files into ``data/raw``; else they are read where they lie.

    Raises:
        ConfigError: The folder holds something already.
        MachineError: git or DVC is missing, or fails.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} exists and is not empty; name a new folder, nothing is overwritten")
    files = None if data is None or "://" in str(data) else data
    if files is not None and folder.resolve().is_relative_to(root_of(files).resolve()):
        raise ConfigError(
            f"{folder} lies inside the data in {data}, and would become a part of them; name a folder elsewhere"
        )
    fresh = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return _fill(folder, proposal, files, copy=copy)
    except BaseException:
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        if fresh:
            folder.rmdir()
        raise


def _fill(folder: Path, proposal: Proposal, files: str | Path | None, *, copy: bool) -> Config:
    config, raw = proposal.config, None
    if files is not None and copy:
        raw, config = take(folder, files, config)
    (folder / "params.yaml").write_text(params_text(config), encoding="utf-8")
    (folder / "dvc.yaml").write_text(_stages(config, raw and raw.relative_to(folder)), encoding="utf-8")
    table = proposal.table
    suite = propose_suite(table, head=config.heads.kind, whole=table.frame.height < MOST_ROWS[table.kind])
    (folder / "quality.yaml").write_text(suite, encoding="utf-8")
    for name in ("gitignore", "dvcignore"):
        shutil.copyfile(TEMPLATE / name, folder / f".{name}")
    (folder / "prefect.yaml").write_text(_deployment(folder.resolve().name), encoding="utf-8")
    (folder / CODE_FILE).write_text(code_text(), encoding="utf-8")
    _version(folder, raw)
    return config


def _stages(config: Config, raw: Path | None) -> str:
    """Return the project's ``dvc.yaml``; each stage depends on the files that its settings name."""
    text = (TEMPLATE / "stages.yaml").read_text(encoding="utf-8")
    for stage in STAGES:
        paths = list(named_files(stage, config).values())
        if stage == "ingest":
            if raw is not None:  # the whole snapshot, whatever of it is named
                paths = [raw.as_posix()] + [path for path in paths if not Path(path).is_relative_to(raw)]
            paths = [_without_pattern(path) for path in paths]
        text = _with_deps(text, stage, list(dict.fromkeys(paths)))
    return text


def _deployment(name: str) -> str:
    """Return the project's ``prefect.yaml``; Prefect takes some signs in no name."""
    text = (TEMPLATE / "prefect.yaml").read_text(encoding="utf-8")
    return text.replace("convoy-project", json.dumps(NO_NAME.sub("-", name), ensure_ascii=False))


def _with_deps(text: str, stage: str, paths: list[str]) -> str:
    """Add ``paths`` to the deps of a stage, as text: the template's comments and order stay."""
    head, name, rest = text.partition(f"  {stage}:\n")
    before, deps, after = rest.partition("    deps: [")
    listed, end, tail = after.partition("]")
    known = [part.strip() for part in listed.split(",") if part.strip()]
    known += [_quoted(path) for path in paths if path not in known and _quoted(path) not in known]
    return head + name + before + deps + ", ".join(known) + end + tail.removeprefix("  # the source")


def _without_pattern(path: str) -> str:
    """Return the folder above the first part of a path that is a pattern."""
    parts = Path(path).parts
    fixed = next((index for index, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    return Path(*parts[:fixed]).as_posix()


def _quoted(path: str) -> str:
    """Return ``path`` in double quotes, with DVC's own escape before ``${``, which it would else fill in."""
    escaped = path.replace("${", "\\${").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def repository_around(folder: Path) -> Path | None:
    """Return the root of the git repository that ``folder`` is a part of; None: it is no part of another's.

    Raises:
        MachineError: git is missing.
    """
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--show-toplevel"], cwd=folder, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise MachineError(NO_GIT) from None
    root = Path(done.stdout.rstrip("\n")) if done.returncode == 0 else folder
    return None if root.resolve() == folder.resolve() else root


def _version(folder: Path, raw: Path | None) -> None:
    """Begin the history; a repository that the folder lies in is its user's, and gets neither files nor commits."""
    inside = repository_around(folder) is not None
    if not inside:
        _call(["git", "init", "--quiet"], folder)
    dvc = [sys.executable, "-m", "dvc"]
    _call([*dvc, "init", *(["--subdir"] if inside else [])], folder)
    if inside:
        _call([*UNSTAGE, ".dvc", ".dvcignore"], folder)  # `dvc init` has added them
    for setting in ("core.analytics", "core.check_update"):
        _call([*dvc, "config", setting, "false"], folder)
    _call([*dvc, "config", "core.autostage", "false"], folder)
    if raw is not None:
        snapshot = raw if raw.is_dir() else raw.parent
        _call([*dvc, "add", snapshot.relative_to(folder).as_posix()], folder)
    if not inside:
        _commit(folder)


def _commit(folder: Path) -> None:
    _call(["git", "add", "--", "."], folder)
    identity = () if _succeeds(["git", "config", "user.email"], folder) else IDENTITY
    _call(["git", *identity, "commit", "--quiet", "-m", "Begin the project as proposed"], folder)


def _call(command: Sequence[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, env=_quiet(), capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise MachineError(f"{command[0]} is not installed, and a project needs it for its history") from None
    if done.returncode:
        said = _reason(done.stderr) or _reason(done.stdout) or f"it ended with code {done.returncode}"
        raise MachineError(f"`{_shown(command)}` failed in {folder}: {said}")


def _shown(command: Sequence[str]) -> str:
    python = [sys.executable, "-m"]
    return " ".join(
        command[2:4] if list(command[:2]) == python else [part for part in command if part != "-c"][:3]
    )


def _reason(text: str) -> str:
    """Return the line that says what went wrong: the one marked as an error, else the last that says anything."""
    lines = [line.strip() for line in text.splitlines() if any(letter.isalnum() for letter in line)]
    marked = [line for line in lines if line.startswith(("ERROR:", "error:", "fatal:"))]
    return (marked or lines or [""])[-1]


def _succeeds(command: Sequence[str], folder: Path) -> bool:
    try:
        return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        raise MachineError(NO_GIT) from None


def _quiet() -> dict[str, str]:
    return {**os.environ, "DVC_NO_ANALYTICS": "1", "DO_NOT_TRACK": "1"}
