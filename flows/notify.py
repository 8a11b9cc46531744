"""Tell someone: the end of a run, sent to the addresses in ``CONVOY_NOTIFY``."""

import logging
import os

from flows.record import Record

VARIABLE = "CONVOY_NOTIFY"
"""Addresses as apprise spells them (``mailto://…``, ``slack://…``, ``json://…``), with spaces between; they hold
secrets, so they are no setting in params.yaml."""

log = logging.getLogger("pipeline")


def notify(project: str, record: Record) -> bool:
    """Send how a run ended, where it failed or changed the champion; return whether anything was sent.

    A message that cannot be sent is told in the log and changes nothing.
    """
    wanted = os.environ.get(VARIABLE, "").split()
    changed = bool(record.promotion) and not record.promotion.startswith("not promoted")
    news = changed or record.state in ("failed", "crashed")
    if not wanted or not news:
        return False
    import apprise

    outbox = apprise.Apprise()
    for address in wanted:
        if not outbox.add(address):
            log.warning("%s holds an address that apprise does not know; see its documentation", VARIABLE)
    title = f"convoy: {project} {record.state}"
    sent = outbox.notify(title=title, body=f"{record.message}\nrun {record.run}")
    if not sent:
        log.warning("the end of the run could not be sent to every address in %s", VARIABLE)
    return bool(sent)
