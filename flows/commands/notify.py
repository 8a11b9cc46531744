"""What `convoy notify` does: say who is told of failed runs and new champions, and try whether they hear."""

import os
from collections.abc import Sequence
from pathlib import Path

from flows.programs.environment import KEPT, kept_variable
from flows.showing.outbox import VARIABLE, deliver, names_of
from flows.showing.terminal import Terminal
from flows.showing.unsent import TEST, keep, summed, unsent
from pipeline.foundation.errors import ConfigError

MESSAGE = "a test: whoever reads this hears of failed runs and new champions"
UNHEARD = 1
"""Exit code where an address did not take the message."""


def tell_all(project: Path, *, test: bool) -> int:
    """Show the addresses, or send each a message, and return 1 where one did not take it.

    Args:
        project: Its environment file is looked at where ``CONVOY_NOTIFY`` is not set.
        test: Whether a message is sent.

    Raises:
        ConfigError: Nobody is told, so there is nothing to try.
    """
    project, terminal = project.resolve(), Terminal()
    wanted, place = os.environ.get(VARIABLE, "").split(), VARIABLE
    if not wanted:
        wanted, place = kept_variable(project, VARIABLE).split(), str(KEPT)
    if not wanted:
        raise ConfigError(
            f"nobody is told: neither {VARIABLE} nor {KEPT} of {project} holds an address such as json://HOST/PATH; "
            f"docs/schedules.md, 'Who is told'"
        )
    return _try(project, wanted, place, terminal) if test else _list(project, wanted, place, terminal)


def _list(project: Path, wanted: Sequence[str], place: str, terminal: Terminal) -> int:
    for name in names_of(wanted):
        terminal.line(f"{name}  (from {place})")
    missed = summed(unsent(project))
    for sentence in missed:
        terminal.line(f"  {sentence}")
    terminal.line("`convoy notify --test` sends each a message")
    return UNHEARD if missed else 0


def _try(project: Path, wanted: Sequence[str], place: str, terminal: Terminal) -> int:
    sent = deliver(wanted, f"convoy: {project.name} {TEST}", MESSAGE)
    if (project / "params.yaml").is_file():
        keep(project, TEST, sent)
    for each in sent:
        mark = terminal.style("✓", "green") if each.taken else terminal.style("✗", "red")
        terminal.line(f"{mark} {each}  (from {place})")
    return UNHEARD if any(not each.taken for each in sent) else 0
