"""What goes into a bundle and what comes out, for a reader and for its own code: ``schema.json``."""

from typing import Any

from pipeline.export.reading import Reading
from pipeline.heads.config import HeadConfig, quantile_levels
from pipeline.model.blueprint import Blueprint
from pipeline.preprocessing.config import ClipsConfig, ImagesConfig, SoundConfig, TableConfig, TextConfig
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.unseen.fitted import Fitted


def input_columns(
    fitted: Fitted, reading: Reading, channels: tuple[str, ...], categories: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Return the columns of raw rows; none where the input is files.

    Args:
        fitted: Settings and fitted things of the model.
        reading: What the columns are called.
        channels: Numeric columns of the data.
        categories: Columns of words of the data.
    """
    config = fitted.config
    if isinstance(config, ImagesConfig | ClipsConfig | SoundConfig):
        return []
    static = _static_columns(fitted)
    if isinstance(config, TextConfig):
        return [_column(reading.text, "text", required=True, means="what is read"), *static]
    filled = config.missing in ("mean", "mask")
    numbers = [name for name in channels if name not in fitted.static_names]
    found = [_column(name, "number", required=not filled, means="channel") for name in numbers]
    if isinstance(config, TableConfig):
        return [
            *found, *(_column(name, "word", required=not filled, means="category") for name in categories), *static,
        ]  # fmt: skip
    keys = []
    if reading.group:
        needed = config.kind == "whole"
        keys.append(_column(reading.group, "word", required=needed, means="which series a row belongs to"))
    if reading.time:
        keys.append(
            _column(reading.time, "time", required=True, means="ISO 8601, or as sources.time_format says")
        )
    return [*keys, *found, *static]


def output_answer(blueprint: Blueprint, heads: HeadConfig) -> dict[str, Any]:
    """Return what the network's answer means, and what puts numbers back into the units of the data."""
    meta = blueprint.stream
    thresholds = list(blueprint.thresholds) or [0.5] * len(meta.classes)
    told: dict[str, Any] = {
        "head": meta.head,
        "classes": list(meta.classes),
        "thresholds": thresholds if meta.head == "multilabel" else [],
        "quantiles": list(quantile_levels(heads)),
        "channels": [],
        "offset": [],
        "scale": [],
    }
    if meta.head == "regress":
        told |= {"channels": [meta.target_name], "offset": [meta.target_offset], "scale": [meta.target_scale]}
    if meta.head == "forecast":
        told |= {
            "channels": [meta.channels[place] for place in meta.targets],
            "offset": [meta.offset[place] for place in meta.targets],
            "scale": [meta.scale[place] for place in meta.targets],
            "horizon": meta.horizon,
        }
    return told | {"units": _units(meta), "columns": _columns(meta, told)}


def answer_shape(answer: dict[str, Any]) -> list[int]:
    """Return the shape of the answer to one sample."""
    if answer["head"] == "forecast":
        own = [answer["horizon"], len(answer["channels"])]
        return [*own, len(answer["quantiles"])] if answer["quantiles"] else own
    return [max(len(answer["classes"]), 1)]


def _static_columns(fitted: Fitted) -> list[dict[str, Any]]:
    if fitted.static is None:
        return []
    required = fitted.config.static_missing == "refuse"
    numbers = [_column(name, "number", required=required, means="static") for name in fitted.static.channels]
    words = [
        _column(each.name, "word", required=required, means="static") for each in fitted.static.categories
    ]
    return [*numbers, *words]


def _column(name: str, kind: str, *, required: bool, means: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "required": required, "means": means}


def _units(meta: StreamMeta) -> str:
    match meta.head:
        case "classify" | "multilabel":
            return "probabilities from 0 to 1"
        case "regress":
            return f"those of the column {meta.target_name}"
        case _:
            changed = " (of changed channels: their change)" if meta.changed else ""
            return f"those of the channels{changed}"


def _columns(meta: StreamMeta, told: dict[str, Any]) -> list[str]:
    """Return the columns of a result."""
    match meta.head:
        case "classify":
            own = ["prediction", *(f"probability_{name}" for name in meta.classes)]
        case "multilabel":
            own = ["label", "prediction", "probability"]
        case "regress":
            own = ["channel", "prediction"]
        case _:
            own = ["channel", "prediction", *(f"quantile_{level:g}" for level in told["quantiles"])]
    return ["row", "step", *own, "reason"]
