"""Published weights, with the names that torchvision gives them, for an extractor whose parts bear the same names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

CLASSIFIER = ("classifier.", "fc.")
"""Dense layers behind the map, which an extractor has not."""

COUNTER = "num_batches_tracked"
"""Batches that a normalisation has seen; older files lack it, and nothing depends on it."""

LEVEL = re.compile(r"^(?:features\.|layer)(\d+)\.")


@dataclass(frozen=True)
class Taken:
    """Weights in the names and shapes of an extractor, as far as they fit."""

    tensors: dict[str, Tensor]
    told: str
    """What was left out or changed, for a person; empty: nothing."""


def translated(tensors: Mapping[str, Tensor], extractor: nn.Module) -> Taken:
    """Return published weights as ``extractor`` takes them; what does not fit keeps its name and shape.

    The classifier is left out, and so are levels that the extractor does not use. For images with one band the first
    layer's weights are summed over theirs, which answers grey images as the published network would answer the same
    images with three equal bands.
    """
    own = extractor.state_dict()
    last = max((_level(name) for name in own), default=0)
    classifier = [name for name in tensors if name.startswith(CLASSIFIER)]
    beyond = [name for name in tensors if name not in own and _level(name) > last]
    taken = {name: tensor for name, tensor in tensors.items() if name not in {*classifier, *beyond}}
    told = [f"{len(classifier)} weights of its classifier were left out"] if classifier else []
    told += [f"{len(beyond)} weights of levels that are not used were left out"] if beyond else []
    first = next((name for name, tensor in own.items() if tensor.ndim == 4), "")
    bands = _bands(taken.get(first))
    if bands > 1 and _bands(own.get(first)) == 1:
        taken[first] = taken[first].sum(dim=1, keepdim=True)
        told.append(f"the first layer was summed over its {bands} bands, since the images have one")
    counters = {name: tensor for name, tensor in own.items() if name.endswith(COUNTER)}
    return Taken(counters | taken, "; ".join(told))


def _level(name: str) -> int:
    """Return the number of the level or layer that a name belongs to: ``features.12.weight`` is 12, none is -1."""
    found = LEVEL.match(name)
    return int(found[1]) if found else -1


def _bands(weight: Tensor | None) -> int:
    return 0 if weight is None or weight.ndim != 4 else int(weight.shape[1])
