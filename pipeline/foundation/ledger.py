"""A file of lines that grows at its end, under a lock, by whole lines; when it is too long its oldest lines go."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.foundation.files import write_atomically

LOCK = "lock"


def append_line(path: Path, line: str, *, most: int) -> None:
    """Add a line; a reader sees all of it or nothing.

    Args:
        path: The file; its folder is made, and holds the lock.
        line: Without a line break.
        most: Of more than twice as many lines only so many stay.
    """
    with held(path.parent):
        whole = (path.read_bytes() if path.is_file() else b"").endswith(b"\n") or not path.is_file()
        text = ("" if whole else "\n") + line + "\n"  # after a line that a crash cut
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, text.encode())
        finally:
            os.close(handle)
        lines = lines_of(path)
        if len(lines) > 2 * most:
            write_atomically("\n".join(lines[-most:]) + "\n", path)


def lines_of(path: Path) -> list[str]:
    """Return the lines, the oldest first; none where there is no file."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [line for line in text.split("\n") if line]  # a text in a line may hold other breaks


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Be the one process that writes into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
