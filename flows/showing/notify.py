"""Tell someone: the end of a run, sent to the addresses in ``CONVOY_NOTIFY``."""

import logging
import os
from collections.abc import Iterable

from flows.runs.record import Record

VARIABLE = "CONVOY_NOTIFY"
"""Addresses as apprise spells them (``mailto://…``, ``slack://…``, ``json://…``), with spaces between; they hold
secrets, so they are no setting in params.yaml."""

log = logging.getLogger("pipeline")


def notify(project: str, state: str, message: str) -> bool:
    """Send news of a project; return whether it reached every address.

    What cannot be sent is told in the log and changes nothing.

    Args:
        project: Its name.
        state: ``failed``, ``crashed``, or ``new champion``.
        message: What happened, in a sentence.
    """
    wanted = os.environ.get(VARIABLE, "").split()
    if not wanted:
        return False
    import apprise

    outbox = apprise.Apprise()
    for address in wanted:
        if not outbox.add(address):
            log.warning("%s holds an address that apprise does not know; see its documentation", VARIABLE)
    sent = outbox.notify(title=f"convoy: {project} {state}", body=message)
    if not sent:
        log.warning("news of the run could not be sent to every address in %s", VARIABLE)
    return bool(sent)


def notify_crashed(project: str, runs: Iterable[str]) -> None:
    """Send which runs were killed before they could end."""
    for name in runs:
        notify(
            project, "crashed", f"run {name} was killed before it could end; the next run goes on from there"
        )


def notify_end(project: str, record: Record) -> bool:
    """Send how a run ended, where it failed or changed the champion; return whether that reached every address."""
    if record.state == "failed":
        return notify(project, "failed", f"{record.message}\nrun {record.run}")
    if record.promotion and not record.promotion.startswith("not promoted"):
        return notify(project, "new champion", f"{record.promotion}\nrun {record.run}")
    return False
