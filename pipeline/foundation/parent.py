"""Make this process end when its parent does, so that no stage outlives what started it."""

import ctypes
import os
import signal
import threading
import time

PARENT_VARIABLE = "CONVOY_PARENT"
"""Environment variable with the process id of the program that called DVC's command for a stage."""

PR_SET_PDEATHSIG = 1


def die_with_parent(ancestor: int | None = None) -> None:
    """Ask the kernel to kill this process when its parent ends; elsewhere than on Linux, watch for it.

    The request does not survive a fork, so every process of the chain makes its own.

    Args:
        ancestor: A process further up that has to live as well: where a shell stands between, the
            parent alone says nothing about it. It is watched if it is not the parent itself.
    """
    parent = os.getppid()
    try:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):
        _watch_in_background(parent)
    if ancestor is not None and ancestor != parent:
        _watch_in_background(ancestor)
    if os.getppid() != parent or not lives(ancestor or parent):
        os.kill(os.getpid(), signal.SIGKILL)  # it ended before the request was made


def _watch_in_background(pid: int) -> None:
    threading.Thread(target=_watch, args=(pid, os.getppid()), daemon=True).start()


def _watch(pid: int, parent: int) -> None:
    while os.getppid() == parent and lives(pid):
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)


def lives(pid: int) -> bool:
    """Return whether a process with this id runs, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
