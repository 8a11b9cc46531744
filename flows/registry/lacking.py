"""A project that has no champion yet: its predictions are left out, and somebody is told once."""

from pathlib import Path

from flows.showing.notify import notify
from pipeline.foundation.files import write_atomically
from pipeline.registry.champion import read_registry, registry_folder

TOLD = "no-champion-told"
SENTENCE = (
    "no champion yet, so nothing is predicted: promote a model with `convoy promote`, or against the judge with "
    '`convoy promote --force "REASON"`'
)


def no_champion(project: Path) -> str | None:
    """Return why nothing can be predicted where no model has been promoted; None: there is a champion.

    It is no failure of the prediction, and lasts until somebody acts: the first time is sent to whoever wants news, and
    the next one only after there has been a champion.

    Raises:
        IntegrityError: The registry is damaged.
    """
    told = registry_folder(project) / TOLD
    if read_registry(project).champion is not None:
        told.unlink(missing_ok=True)
        return None
    if not told.is_file():
        notify(project, "has no champion", SENTENCE)
        write_atomically("", told)
    return SENTENCE
