"""Ctrl-C and SIGTERM, turned into a switch that every waiting thread looks at."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSwitch:
    """Says whether, why and how urgently the run has to end."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.reason = ""
        self.urgent = False

    def stop(self, reason: str) -> None:
        """Ask for the end of the run; asked a second time, nothing is given time to tidy up."""
        self.urgent = self._event.is_set()
        self.reason = self.reason or reason
        self._event.set()

    def is_set(self) -> bool:
        """Return whether the run has to end."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep for ``seconds`` or until the switch is set; return whether it is."""
        return self._event.wait(seconds)


@contextmanager
def stopped_by_signals(switch: StopSwitch) -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and a closed terminal set ``switch`` instead of raising in the main thread.

    Prefect's own handler would raise in the middle of its engine, which leaves the stages running and
    the run *Running*. A signal that is ignored (`nohup`) stays ignored. Outside the main thread, where
    no handler can be set, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handler(number: int, _frame: FrameType | None) -> None:
        switch.stop("Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name)

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, known in before.items():
        if known is not signal.SIG_IGN:
            signal.signal(number, handler)
    masked = signal.pthread_sigmask(
        signal.SIG_UNBLOCK, _SIGNALS
    )  # who serves this run kept Ctrl-C back until now
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, masked)
        for number, known in before.items():
            signal.signal(number, known)
