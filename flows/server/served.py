"""A scheduled run belongs to the process that serves it, or to the worker: it ends when that one does."""

import os

from flows.programs.environment import SERVED_VARIABLE
from pipeline.foundation.parent import die_with_parent


def end_with_server() -> None:
    """Let a scheduled run be killed when what started it is gone; one that was started by hand goes on."""
    if server := os.environ.get(SERVED_VARIABLE):
        die_with_parent(int(server))
