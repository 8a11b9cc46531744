"""Start a program that ends when this process does: ``python launch.py PARENT PROGRAM ARGUMENT …``.

A child made by ``Popen`` outlives a killed parent. So a small Python comes first: it asks the kernel
to be killed with its parent, looks whether the parent still lives, and becomes the program, which keeps
that request (`exec` does, `fork` does not). ``preexec_fn`` is no way: it is unsafe beside threads.
"""

import os
import sys
from collections.abc import Sequence

from pipeline.foundation.parent import PARENT_VARIABLE, die_with_parent


def launched(command: Sequence[str]) -> list[str]:
    """Return ``command`` with the launcher before it; the thread that starts it has to outlive it."""
    return [sys.executable, "-P", __file__, str(os.getpid()), *command]


def _become(parent: int, command: Sequence[str]) -> None:
    die_with_parent()
    if os.getppid() != parent:
        sys.exit(f"process {parent} ended before {command[0]} could start")
    os.environ[PARENT_VARIABLE] = str(os.getpid())
    os.execvp(command[0], list(command))  # noqa: S606 - a list, no shell


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2:])
