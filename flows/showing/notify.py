"""Tell someone: the end of a run, sent to the addresses in ``CONVOY_NOTIFY``."""

from collections.abc import Iterable
from pathlib import Path

from flows.runs.record import Record
from flows.showing.outbox import VARIABLE, addresses, deliver, told_of
from flows.showing.terminal import Terminal
from flows.showing.unsent import keep


def notify(project: Path, state: str, message: str) -> bool:
    """Send news of a project; return whether it reached every address.

    What cannot be sent is told on the terminal, or in the log for collectors, and written down for `convoy status`; it
    changes nothing else.

    Args:
        project: Its folder.
        state: ``failed``, ``crashed``, or ``new champion``.
        message: What happened, in a sentence.
    """
    wanted = addresses()
    if not wanted:
        return False
    deliveries = deliver(wanted, f"convoy: {project.resolve().name} {state}", message)
    if (project / "params.yaml").is_file():  # a flow may be called for a folder that is none
        keep(project, state, deliveries)
    if missed := told_of(deliveries):
        warn(f"{state}: {missed} ({VARIABLE}; `convoy notify --test` tries again)")
    return not missed


def warn(sentence: str) -> None:
    """Say a warning where it is seen: in the journal for collectors where that is wanted, else on the terminal."""
    terminal = Terminal()
    if terminal.journal.is_open:
        terminal.journal.write("log", sentence, level="warning")
    else:
        terminal.line(f"warning: {sentence}")


def notify_crashed(project: Path, runs: Iterable[str]) -> None:
    """Send which runs were killed before they could end."""
    for name in runs:
        notify(
            project, "crashed", f"run {name} was killed before it could end; the next run goes on from there"
        )


def notify_end(project: Path, record: Record) -> bool:
    """Send how a run ended, where it failed or changed the champion; return whether that reached every address."""
    if record.state == "failed":
        return notify(project, "failed", f"{record.message}\nrun {record.run}")
    if record.promotion and not record.promotion.startswith("not promoted"):
        return notify(project, "new champion", f"{record.promotion}\nrun {record.run}")
    return False
