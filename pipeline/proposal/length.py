"""How long training takes."""

from math import ceil
from typing import Any

from pipeline.proposal.choice import Choice, Wishes

STEPS_WANTED = 1500
MOST_EPOCHS = 60
LEAST_EPOCHS = 5
BATCHES = ((500, 16), (3000, 32))


def choose_epochs(samples: int, noun: str, wishes: Wishes) -> tuple[dict[str, Any], Choice]:
    """Return the section ``training`` for so many samples: some 1,500 steps of the optimiser, and why."""
    batch = next((size for below, size in BATCHES if samples < below), 64)
    epochs = min(MOST_EPOCHS, max(LEAST_EPOCHS, ceil(STEPS_WANTED * batch / max(samples, 1))))
    said = wishes.said("training", "epochs")
    reason = (
        "as you said"
        if said
        else f"{samples:,} {noun} are {ceil(samples / batch):,} batches of {batch} in one pass"
    )
    training = {"epochs": epochs, "batch_size": batch, "patience": max(3, epochs // 4)}
    return training, Choice("training.epochs", str(said or epochs), reason)
