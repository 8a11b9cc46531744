"""What a rule judges of a cell: the cell itself, or what is measured of it (loudness, contrast, language)."""

import io
from typing import Any, assert_never

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.quality.language import languages, saying_letters, script_share
from pipeline.quality.rules_rows import (
    AnyRowRule,
    Between,
    Duration,
    Finite,
    HasWords,
    InLanguage,
    InScript,
    Length,
    Matches,
    NotBelow,
    NotBlank,
    NotNull,
    NotSilent,
    OneOf,
    Positive,
    Readable,
    UniqueTime,
)

SILENCE = -120.0
"""Decibels of a recording in which nothing can be heard at all."""

_LOUDEST = 32_768
_GLANCE = (64, 64)


def cells(batch: pl.DataFrame, name: str, rule: AnyRowRule) -> NDArray[Any]:
    """Return what ``rule`` judges of the column ``name``; empty cells as NaN, NaT or None.

    Great Expectations passes over those, whichever they are.
    """
    values = batch[name]
    match rule:
        case Finite():
            return values.cast(pl.Float64).fill_nan(np.inf).to_numpy()  # NaN would pass for an empty cell
        case NotBelow():
            return _above(batch, name, rule)
        case HasWords():
            return saying_letters(values).cast(pl.Float64).to_numpy()
        case InScript():
            return script_share(values, rule.names).to_numpy()
        case InLanguage():
            return languages(values).to_numpy().astype(object)
        case NotBlank():
            return contrasts(batch)
        case NotSilent():
            return loudness(values)
        case Duration():
            return (values.cast(pl.Float64) / batch["rate"].cast(pl.Float64)).to_numpy()
        case NotNull() | Between() | Positive() | OneOf() | Matches() | Length() | Readable() | UniqueTime():
            array = values.to_numpy()
            return array.astype(object) if values.dtype == pl.String else array
        case _:
            assert_never(rule)


def told(rule: AnyRowRule, measured: object) -> str | None:
    """Return what was measured in words, where the cell itself is no use to a reader; None: show the cell."""
    if not isinstance(measured, (int, float, np.number)) or not np.isfinite(float(measured)):
        return None
    match rule:
        case NotBelow():
            return f"{-float(measured):.4g} below"
        case NotBlank():
            return f"differs by {float(measured):g}"
        case NotSilent():
            return f"{float(measured):.0f} dB at most"
        case Duration():
            return f"{float(measured):g} seconds"
        case _:
            return None


def contrasts(batch: pl.DataFrame) -> NDArray[np.float64]:
    """Return by how much the brightest pixel of each image differs from its darkest; NaN where there is none."""
    pairs = zip(batch["image"], batch["encoding"], strict=True)
    return np.array([_contrast(image, encoding) for image, encoding in pairs], np.float64)


def _contrast(content: bytes | None, encoding: str | None) -> float:
    if content is None or encoding is None or not content:
        return float("nan")
    if encoding == "raw":
        pixels = np.frombuffer(content, np.uint8)
        return float(int(pixels.max()) - int(pixels.min()))
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as image:
            if encoding == "jpeg":
                image.draft("L", _GLANCE)  # an eighth of the work; a blank picture stays blank
            extrema = (
                image.convert("RGB").getextrema()
                if image.mode in ("P", "RGBA", "LA", "CMYK")
                else image.getextrema()
            )
    except Exception:  # whatever a decoder stumbles over: ingest has told which cannot be read
        return float("nan")
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return max(float(high) - float(low) for low, high in bands)


def loudness(values: pl.Series) -> NDArray[np.float64]:
    """Return the loudest sample of each recording (int16) in decibels below the loudest there can be."""
    return np.array([_decibels(content) for content in values], np.float64)


def _decibels(content: bytes | None) -> float:
    if content is None:
        return float("nan")
    samples = np.frombuffer(content[: len(content) // 2 * 2], "<i2")
    peak = int(np.abs(samples.astype(np.int32)).max()) if len(samples) else 0
    return 20.0 * float(np.log10(peak / _LOUDEST)) if peak else SILENCE


def _above(batch: pl.DataFrame, name: str, rule: NotBelow) -> NDArray[np.float64]:
    """Return by how much a cell is above the highest of the others; what rounding may have done is forgiven."""
    cell = pl.col(name).cast(pl.Float64)
    highest = pl.max_horizontal(pl.col(other).cast(pl.Float64) for other in rule.others)
    found = batch.select(pl.when(cell.is_finite()).then(cell - highest + rule.tolerance * cell.abs()))
    return found.to_series().to_numpy()
