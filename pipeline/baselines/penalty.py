"""How strongly the weights of a linear rival are held back: chosen on val, as the networks' epoch is."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Model = TypeVar("Model")


def least_loss(
    penalties: Iterable[float], fit: Callable[[float], Model], loss: Callable[[Model], float]
) -> Model:
    """Return the model with the smallest loss.

    Args:
        penalties: Tried in this order, from strong to weak, until the loss gets no smaller.
        fit: Returns the model of a penalty; may start where the last one ended.
        loss: On val.
    """
    best, least = None, float("inf")
    for penalty in penalties:
        model = fit(penalty)
        found = loss(model)
        if best is not None and found >= least:
            break
        best, least = model, found
    if best is None:
        raise ValueError("there is no penalty to try")
    return best
