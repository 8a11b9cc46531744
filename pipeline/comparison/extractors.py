"""Extractors that several candidates would fit alike: same settings, data and seed. One fits it, the others take it."""

import logging
import os
import shutil
from pathlib import Path

from pipeline.foundation.files import linked
from pipeline.foundation.folder import MANIFEST, damage_of, listed_files
from pipeline.foundation.times import times_file

log = logging.getLogger("pipeline")

STAGE = "extract"


def leave(project: Path, shared: Path) -> None:
    """Leave the extractor of a training, if it was fitted, for others who would fit the same one.

    Args:
        project: Of the training.
        shared: Where it is looked for: ``extract/`` as the stage made it, and ``times.json``, what that took.
    """
    shared.mkdir(parents=True, exist_ok=True)
    _copy(times_file(project, STAGE), shared / "times.json")
    _hand_on(project / "data" / STAGE, shared / STAGE)


def take(shared: Path, project: Path) -> bool:
    """Take an extractor that was left, with what it took; return whether there was one, and none of its own.

    What was damaged, there or here, is removed, and the training fits it anew.
    """
    own = project / "data" / STAGE
    if own.is_dir() and damage_of(own) is not None:
        shutil.rmtree(own)
    if not _hand_on(shared / STAGE, own):
        return False
    _copy(shared / "times.json", times_file(project, STAGE))
    shared.touch()  # used, so that it stays
    return True


def _hand_on(source: Path, target: Path) -> bool:
    """Give a finished folder a second place in one rename; return whether it is there now and was not before."""
    for left in target.parent.glob(f".{target.name}.*"):  # of a killed process: only one holds the project
        shutil.rmtree(left)
    if not (source / MANIFEST).is_file() or (target / MANIFEST).is_file():
        return False
    if damage_of(source) is not None:
        log.warning("%s is damaged; its extractor is fitted anew", source)
        shutil.rmtree(source)
        return False
    scratch = target.with_name(f".{target.name}.{os.getpid()}")
    for name in [*listed_files(source), MANIFEST]:
        (scratch / name).parent.mkdir(parents=True, exist_ok=True)
        linked(source / name, scratch / name)
    shutil.rmtree(target, ignore_errors=True)
    scratch.rename(target)
    return True


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
