"""What preprocessing fitted, as JSON that the bundle's own code reads: ``preprocessing.json``."""

from collections.abc import Mapping
from typing import Any, assert_never

from pipeline.export.reading import Reading
from pipeline.foundation.errors import ConfigError
from pipeline.preprocessing.config import (
    ClipsConfig,
    ImagesConfig,
    SoundConfig,
    TableConfig,
    TextConfig,
    WholeConfig,
    WindowsConfig,
)
from pipeline.preprocessing.series.pieces import Doubles
from pipeline.preprocessing.unseen.fitted import Fitted
from pipeline.preprocessing.unseen.recipe import factors_of, means_of

MOST_PIXELS = 50_000_000


def preparation(fitted: Fitted, reading: Reading, channels: tuple[str, ...]) -> dict[str, Any]:
    """Return everything that turns raw rows into what the network reads.

    Args:
        fitted: Settings and fitted things of the model.
        reading: How cells are read.
        channels: Numeric columns of the data, in the order of training.

    Raises:
        ConfigError: A setting, or the kind, cannot be carried outside.
    """
    config = fitted.config
    match config:
        case TableConfig():
            return {
                "kind": "table",
                **_common(fitted, reading),
                "columns": fitted.columns.as_json(),
                "steps": config.steps,
                "missing": config.missing,
            }
        case WindowsConfig():
            series = _series(fitted, reading, channels)
            return {"kind": "windows", **_common(fitted, reading), **series, "window": config.window}
        case WholeConfig():
            series = _series(fitted, reading, channels)
            kept: dict[str, Any] = {"longest": config.longest, "normalise": config.normalise}
            return {"kind": "whole", **_common(fitted, reading), **series, **kept}
        case ImagesConfig():
            return {"kind": "images", **_common(fitted, reading), **_images(fitted, config)}
        case TextConfig():
            return {"kind": "texts", **_common(fitted, reading), **_texts(config, reading)}
        case ClipsConfig():
            return {"kind": "clips", **_common(fitted, reading), **_clips(fitted, config, reading)}
        case SoundConfig():
            return {"kind": "sound", **_common(fitted, reading), **_sound(fitted, config, reading)}
        case _:
            assert_never(config)


def _common(fitted: Fitted, reading: Reading) -> dict[str, Any]:
    meta = fitted.meta
    return {
        "reading": reading.as_json(),
        "static": None if fitted.static is None else fitted.static.as_json(),
        "static_missing": fitted.config.static_missing,
        "offset": list(meta.offset),
        "scale": list(meta.scale),
    }


def _series(fitted: Fitted, reading: Reading, channels: tuple[str, ...]) -> dict[str, Any]:
    config, meta = fitted.config, fitted.meta
    if not isinstance(config, WindowsConfig | WholeConfig):
        raise ValueError(f"{config.kind} is no series")
    own = [name for name in channels if name not in fitted.static_names]
    changed = (list(config.changed) or own) if config.changes != "none" else []
    return {
        "group": reading.group,
        "time": reading.time,
        "needs_group": isinstance(config, WholeConfig),
        "channels": own,
        "missing": config.missing,
        "changes": config.changes,
        "changed": changed,
        "resample_seconds": config.resample_seconds if isinstance(config, WindowsConfig) else None,
        "gaps": config.gaps if isinstance(config, WindowsConfig) else "ignore",
        "step_seconds": meta.step_seconds,
        "masked": [place for place, name in enumerate(own) if f"known({name})" in meta.channels],
        "means": _listed(means_of(config, fitted, tuple(own))),
        "factors": _listed(factors_of(config, fitted, tuple(own))),
        "calendar": list(config.calendar) if isinstance(config, WindowsConfig) else [],
        "measured": len(own) * (1 if config.smoothing == "none" else 2),
    }


def _listed(values: Doubles | None) -> list[float] | None:
    found: list[float] | None = None if values is None else values.tolist()
    return found


def _images(fitted: Fitted, config: ImagesConfig) -> dict[str, Any]:
    return {**_pictures(fitted, config), "frames": config.frames, "patch": config.patch}


def _clips(fitted: Fitted, config: ClipsConfig, reading: Reading) -> dict[str, Any]:
    if reading.measured or config.volumes == "files":
        raise ConfigError(
            "preprocessing.kind=clips of volumes that are files reads how bright a whole volume is, which a bundle "
            "does not carry; serve the model with `convoy serve-model`"
        )
    depth = config.depth if config.volumes == "runs" else None
    return {**_pictures(fitted, config), "frames": config.frames, "depth": depth}


def _pictures(fitted: Fitted, config: ImagesConfig | ClipsConfig) -> dict[str, Any]:
    _refuse_static(fitted, "images")
    told: Mapping[str, float] = fitted.told
    return {
        "height": config.height,
        "width": config.width,
        "colour": config.colour,
        "max_pixels": MOST_PIXELS,
        "tones": {"black": told["black"], "white": told["white"]} if "black" in told else None,
    }


def _sound(fitted: Fitted, config: SoundConfig, reading: Reading) -> dict[str, Any]:
    _refuse_static(fitted, "recordings")
    names = ("rate", "mels", "frame_seconds", "hop_seconds", "longest_seconds", "trim")
    return {
        "spectrum": {name: getattr(config, name) for name in names},
        "longest_read": reading.longest_seconds,
    }


def _refuse_static(fitted: Fitted, what: str) -> None:
    if fitted.static_names:
        raise ConfigError(
            f"preprocessing.static={list(fitted.static_names)} comes from a table of labels, which new {what} do not "
            f"bring; train without it, or serve the model with `convoy serve-model`"
        )


def _texts(config: TextConfig, reading: Reading) -> dict[str, Any]:
    second = config.of_second()
    return {
        "text": reading.text,
        "markup": config.markup,
        "social": config.social,
        "lowercase": config.lowercase,
        "first": {"tokens": config.tokens, "tokenizer": "tokenizer.json"},
        "second": None if second is None else {"tokens": second.tokens, "tokenizer": "second_tokenizer.json"},
    }
