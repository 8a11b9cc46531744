"""Ctrl-C in a terminal reaches the whole group of processes; here it reaches the first of them alone."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker


@contextmanager
def interrupts_for_this_process_alone() -> Iterator[None]:
    """End this process at Ctrl-C or SIGTERM, and let children that are just importing not see the Ctrl-C.

    Such a child would end with a traceback. Children inherit that SIGINT is blocked, until they ask for it
    (:func:`flows.programs.stopping.stopped_by_signals`); a thread of this process waits for it. asyncio's own way of
    ending at Ctrl-C would be swallowed inside Prefect's runner when it comes at the wrong moment.
    """
    resource_tracker.ensure_running()  # started later, it would let SIGINT through again
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    signal.signal(signal.SIGTERM, leave)
    threading.Thread(target=_pass_on, daemon=True).start()
    yield


def _pass_on() -> None:
    while True:
        signal.sigwait({signal.SIGINT})
        os.kill(os.getpid(), signal.SIGTERM)


def leave(_signal: int, _frame: object) -> None:
    """End this process, whatever it does."""
    sys.exit(0)
