"""What became of each message to ``CONVOY_NOTIFY``, one line each: ``.convoy/told/history.jsonl``."""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from flows.showing.outbox import Delivery
from pipeline.foundation.ledger import append_line, lines_of
from pipeline.foundation.words import plural

PATH = Path(".convoy") / "told" / "history.jsonl"
MOST = 200
TEST = "test"
"""News of nothing: somebody asked whether the addresses hear."""

log = logging.getLogger("pipeline")


@dataclass(frozen=True)
class Sent:
    """One message to one address."""

    time: str
    """UTC, ISO 8601."""

    news: str
    """``failed``, ``crashed``, ``new champion``, or :data:`TEST`."""

    address: str
    """As it may be shown."""

    taken: bool
    reason: str = ""
    settles: bool = False
    """Of a test that all addresses took: what addresses that are gone by now did not take is over."""


def keep(project: Path, news: str, deliveries: Sequence[Delivery]) -> None:
    """Write down what became of a message; a disk that is full costs the line and nothing else."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    settles = news == TEST and all(each.taken for each in deliveries)
    try:
        for each in deliveries:
            line = asdict(Sent(now, news, each.address, each.taken, each.reason, settles))
            append_line(project / PATH, json.dumps(line), most=MOST)
    except OSError as error:
        log.warning("what became of the news could not be written down: %s", error.strerror)


def unsent(project: Path) -> list[Sent]:
    """Return the messages that an address did not take and has not taken another one since, the oldest first."""
    missed: dict[str, list[Sent]] = {}
    for sent in _sent(project):
        if sent.settles:
            missed.clear()
        elif sent.taken:
            missed.pop(sent.address, None)
        else:
            missed.setdefault(sent.address, []).append(sent)
    return sorted((each for sents in missed.values() for each in sents), key=lambda each: each.time)


def summed(missed: Sequence[Sent]) -> list[str]:
    """Return one sentence for each address that did not take news."""
    found: dict[str, list[Sent]] = {}
    for sent in missed:
        found.setdefault(sent.address, []).append(sent)
    return [
        f"{address} did not take {plural(len(sents), 'message')}, the last one ({sents[-1].news}) "
        f"{sents[-1].time[:16].replace('T', ' ')} UTC: {sents[-1].reason}"
        for address, sents in found.items()
    ]


def _sent(project: Path) -> Iterator[Sent]:
    for line in lines_of(project / PATH):
        try:
            yield Sent(**json.loads(line))
        except (ValueError, TypeError, RecursionError):
            continue
