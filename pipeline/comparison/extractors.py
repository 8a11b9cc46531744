"""Extractors that several candidates would fit alike: same settings, data and seed. One fits it, the others take it."""

import os
import shutil
from pathlib import Path

from pipeline.foundation.files import linked
from pipeline.foundation.folder import MANIFEST, listed_files


def hand_on(source: Path, target: Path) -> bool:
    """Give the finished folder of a stage a second place, and return whether it is there now and was not before.

    Args:
        source: Where it may be; it need not exist.
        target: Where it is wanted; what is there already stays.
    """
    if not (source / MANIFEST).is_file() or (target / MANIFEST).is_file():
        return False
    scratch = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(scratch, ignore_errors=True)
    for name in [*listed_files(source), MANIFEST]:
        (scratch / name).parent.mkdir(parents=True, exist_ok=True)
        linked(source / name, scratch / name)
    shutil.rmtree(target, ignore_errors=True)
    scratch.rename(target)
    return True
