"""The log of a server that stands for a year: it is cut while it is written, and its last part is kept."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

LARGEST = 4 << 20
"""Bytes from which on a log is cut; with the part before it a server keeps twice as much at most."""


def cut_log(log: Path, *, largest: int = LARGEST) -> None:
    """Move what a log holds to ``NAME.1`` once it is large; who writes it at its end goes on in the empty file."""
    with suppress(OSError):  # no disk, no log: the server is not to suffer for it
        if log.stat().st_size < largest:
            return
        half = log.with_name(f"{log.name}.1.half")
        shutil.copyfile(log, half)
        half.replace(log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)
