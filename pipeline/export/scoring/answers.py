"""What the network answers, in the words and units of the data."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .samples import Array

Told = dict[str, Any]


def told(answer: Array, about: Mapping[str, Any]) -> list[Told]:
    """Return the result rows of one sample; ``about`` is ``answer`` of ``schema.json``."""
    if not np.isfinite(answer).all():
        return [{"reason": "the model answers with no finite number; look for extreme values in the row"}]
    match about["head"]:
        case "classify":
            return [_class(answer, about)]
        case "multilabel":
            return list(_labels(answer, about))
        case "regress":
            value = float(answer[0]) * about["scale"][0] + about["offset"][0]
            return [{"step": 1, "channel": about["channels"][0], "prediction": _single(value)}]
        case _:
            return list(_forecast(answer, about))


def _class(answer: Array, about: Mapping[str, Any]) -> Told:
    shares = {
        f"probability_{name}": float(share) for name, share in zip(about["classes"], answer, strict=True)
    }
    return {"step": 0, "prediction": about["classes"][int(answer.argmax())], **shares}


def _labels(answer: Array, about: Mapping[str, Any]) -> Iterator[Told]:
    for name, share, limit in zip(about["classes"], answer, about["thresholds"], strict=True):
        predicted = bool(share >= np.float32(limit))
        yield {"step": 0, "label": name, "prediction": predicted, "probability": float(share)}


def _forecast(answer: Array, about: Mapping[str, Any]) -> Iterator[Told]:
    """Yield a row per target channel and step; a forecast is ``(horizon, target)``, or with quantiles at the end."""
    levels = about["quantiles"]
    values = answer if levels else answer[..., None]  # (N, K, Q)
    middle = levels.index(0.5) if levels else 0
    for place, name in enumerate(about["channels"]):
        scale, offset = about["scale"][place], about["offset"][place]
        for step, own in enumerate(values[:, place].astype(np.float64) * scale + offset, 1):
            bands = {f"quantile_{level:g}": _single(value) for level, value in zip(levels, own, strict=False)}
            yield {"step": step, "channel": name, "prediction": _single(own[middle]), **bands}


def _single(value: float) -> float:
    """Return a number with the digits that the network has."""
    return float(np.float32(value))
