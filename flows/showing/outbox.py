"""News on their way to the addresses of ``CONVOY_NOTIFY``: side by side, for a limited time, and without a secret."""

import logging
import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flows.programs.environment import kept_variable
from pipeline.foundation.addresses import hinted
from pipeline.foundation.words import plural

VARIABLE = "CONVOY_NOTIFY"
"""Addresses as apprise spells them (``mailto://…``, ``slack://…``, ``json://…``), with spaces between; they hold
secrets, so they are no setting in params.yaml."""

PATIENCE_SECONDS = 10.0
"""For all addresses together; apprise itself waits four seconds for each answer, but for any number of them."""

_STATUS = re.compile(r"\berror=(\d{3})\b")


@dataclass(frozen=True)
class Delivery:
    """What became of one message at one address."""

    address: str
    """As it may be shown."""

    taken: bool
    reason: str = ""
    """Why it was not taken; in words of our own, since those of others may hold the address."""

    def __str__(self) -> str:
        """Say it for a person."""
        return f"{self.address}: {'taken' if self.taken else self.reason}"


def addresses() -> list[str]:
    """Return who is told by this process."""
    return os.environ.get(VARIABLE, "").split()


def kept_addresses(project: Path) -> list[str]:
    """Return who is told by the systemd unit of a project, as its environment file says."""
    return kept_variable(project, VARIABLE).split()


def deliver(wanted: Sequence[str], title: str, body: str) -> list[Delivery]:
    """Send a message to each address, and return what became of it; that takes :data:`PATIENCE_SECONDS` at most."""
    names, done = names_of(wanted), dict[str, Delivery]()

    def send(name: str, address: str) -> None:
        done[name] = _sent(name, address, title, body)

    threads = [
        threading.Thread(target=send, args=pair, daemon=True) for pair in zip(names, wanted, strict=True)
    ]
    for thread in threads:
        thread.start()
    give_up = time.monotonic() + PATIENCE_SECONDS
    for thread in threads:
        thread.join(max(0.0, give_up - time.monotonic()))
    late = f"no answer within {PATIENCE_SECONDS:.0f} s"
    return [done.get(name, Delivery(name, False, late)) for name in names]


def names_of(wanted: Sequence[str]) -> list[str]:
    """Return addresses as they may be shown; those that look the same then are numbered."""
    hints = [hinted(address) for address in wanted]
    return [
        f"{hint} ({hints[:place].count(hint) + 1})" if hints.count(hint) > 1 else hint
        for place, hint in enumerate(hints)
    ]


def told_of(deliveries: Sequence[Delivery]) -> str:
    """Return who was not told, in a sentence; empty: everybody was."""
    missed = [str(each) for each in deliveries if not each.taken]
    return f"not told to {plural(len(missed), 'address', 'addresses')}: {'; '.join(missed)}" if missed else ""


def _sent(name: str, address: str, title: str, body: str) -> Delivery:
    """Send one message; whatever a library raises or says costs this address and nothing else."""
    with _listening() as heard:
        try:
            import apprise

            one = apprise.Apprise()
            if not one.add(address):
                return Delivery(name, False, "apprise does not know such an address; see its documentation")
            taken = bool(one.notify(title=title, body=body))
        except Exception as error:
            return Delivery(name, False, f"it could not be sent ({type(error).__name__})")
    return Delivery(name, taken, "" if taken else _why(heard))


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Yield what apprise says in this thread; nobody else hears it, since it names addresses in full."""
    heard: list[str] = []
    ear = _Ear(heard)
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.addHandler(ear)
    try:
        yield heard
    finally:
        logger.removeHandler(ear)


class _Ear(logging.Handler):
    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._heard, self._thread = heard, threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self._heard.append(record.getMessage())


def _why(heard: Sequence[str]) -> str:
    told = " ".join(heard)
    if found := _STATUS.search(told):
        return f"it answered {found[1]}"
    return "no connection, or no answer in time" if "onnection" in told else "it was not taken"
