"""Going on where a killed training stopped: one checkpoint per question, never of another question."""

import hashlib
import logging
import pickle
import platform
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from zipfile import BadZipFile

import torch
from pytorch_lightning import Trainer

from pipeline.foundation.files import json_text

log = logging.getLogger("pipeline")

CHECKPOINT = "last.ckpt"
KEPT = 4
"""Unfinished trainings that are kept; those before are removed."""

ROOMS = ("extraction", "foundation", "heads", "model", "preprocessing", "temporal", "training")
LIBRARIES = ("numpy", "pytorch-lightning", "torch")


def resume_key(question: Mapping[str, object]) -> str:
    """Return a name for what is trained: another one if data, settings, code or libraries differ.

    Args:
        question: Stage, sections and hashes of the data; whatever JSON can hold.
    """
    versions = {name: version(name) for name in LIBRARIES} | {"python": platform.python_version()}
    story = {"question": question, "code": _code(), "versions": versions}
    return hashlib.sha256(json_text(story).encode()).hexdigest()[:20]


def open_checkpoints(folder: Path, key: str) -> Path:
    """Return the path of the checkpoint of ``key``, its folder made, and forget the oldest of the others."""
    own = folder / key
    own.mkdir(parents=True, exist_ok=True)
    others = [path for path in folder.iterdir() if path.is_dir() and path != own]
    for old in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return own / CHECKPOINT


def usable(checkpoint: Path) -> bool:
    """Return whether there is a checkpoint that can be read; a damaged one is told and removed."""
    if not checkpoint.is_file():
        return False
    try:
        torch.load(checkpoint, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, BadZipFile, pickle.UnpicklingError):
        log.warning("the checkpoint %s is damaged; training starts again", checkpoint)
        checkpoint.unlink(missing_ok=True)
        return False
    return True


def save_checkpoint(trainer: Trainer, checkpoint: Path) -> None:
    """Write the state of ``trainer`` so that a kill leaves the old or the new one, never half."""
    scratch = checkpoint.with_suffix(".new")
    trainer.save_checkpoint(scratch)
    if trainer.is_global_zero:
        scratch.replace(checkpoint)


def _code() -> str:
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for room in ROOMS:
        for path in sorted((package / room).rglob("*.py")):
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
