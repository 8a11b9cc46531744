"""Which hybrid is judged: the project's own, unless val shows another to be better."""

from collections.abc import Sequence

from pipeline.comparison.hearing import Entry
from pipeline.evaluation.judge import Head

VAL = {"classify": "accuracy", "multilabel": "loss", "regress": "mse", "forecast": "mse"}
"""What on val chooses the hybrid that is judged."""


def choose(entries: Sequence[Entry], head: Head, rows: int) -> str:
    """Return the hybrid with the best mean on val; the test split has no part in it.

    Where that is an accuracy, the project's own model is judged unless the best is ahead of it by more than one
    standard error of their difference: among a handful of val samples somebody is always ahead by chance.

    Args:
        entries: Who takes part; one at least is a hybrid.
        head: What is predicted.
        rows: Samples of val, or of val of one fold.
    """
    hybrids = [entry for entry in entries if entry.role in ("model", "hybrid")]
    sign = -1.0 if VAL[head] == "accuracy" else 1.0
    told = [entry for entry in hybrids if entry.val]
    best = min(told, key=lambda entry: sign * _mean(entry), default=hybrids[0])
    own = next((entry for entry in told if entry.role == "model"), best)
    if VAL[head] == "accuracy" and best is not own and not _is_ahead(best, own, rows):
        return own.name
    return best.name


def _is_ahead(best: Entry, own: Entry, rows: int) -> bool:
    """Return whether two accuracies differ by more than the standard error of their difference.

    Both shares are drawn towards a half by one sample that is right and one that is wrong, or an accuracy of 1 would
    have no error at all.
    """
    high, low = ((_mean(entry) * rows + 1) / (rows + 2) for entry in (best, own))
    variance = (high * (1 - high) + low * (1 - low)) / (rows + 2)
    return (high - low) ** 2 > variance


def _mean(entry: Entry) -> float:
    return sum(entry.val) / len(entry.val)
