"""Clips: frames that follow one another, each an image."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .images import DAMAGE, Pixels, opened, pixels_of, scaled
from .samples import Samples, fits

NUMBERS = re.compile(r"(\d+)")


def prepare(clips: Sequence[Any], fitted: Mapping[str, Any]) -> Samples:
    """Take frames evenly from clips, as training did.

    Args:
        clips: Each a folder of images, a sequence of images (paths, bytes, arrays of uint8), or an array of uint8
            ``(frame, height, width)`` or ``(frame, height, width, band)``.
        fitted: ``preprocessing.json``.
    """
    samples = Samples([], [])
    for place, clip in enumerate(clips):
        frames = _frames(clip)
        try:
            steps = _steps(frames, fitted)
        except DAMAGE as error:
            samples.reasons[place] = str(error)
            continue
        why = fits(steps, fitted["network"])
        if why is not None:
            samples.reasons[place] = why
            continue
        samples.rows.append(place)
        samples.steps.append(scaled(steps, fitted))
    return samples


def folders_of(path: Path) -> list[Path]:
    """Return the folders that hold files, in the order of the numbers in their names; each is a clip."""
    held = {each.parent for each in path.rglob("*") if each.is_file()}
    return sorted(held, key=lambda folder: in_order(folder.relative_to(path).as_posix()))


def in_order(name: str) -> tuple[list[tuple[str, int]], str]:
    """Return what a name is sorted by: numbers as numbers, so that frame 2 comes before frame 10."""
    parts = NUMBERS.split(name)
    numbers = [int(part) for part in parts[1::2]] + [0]
    return list(zip(parts[0::2], numbers, strict=True)), name


def _frames(clip: Any) -> list[Any]:
    if isinstance(clip, str | Path):
        files = [each for each in Path(clip).iterdir() if each.is_file()]
        return sorted(files, key=lambda file: in_order(file.name))
    return list(clip)


def _steps(frames: list[Any], fitted: Mapping[str, Any]) -> Pixels:
    """Return the steps of a clip: ``(step, band, height, width)``, of volumes ``(step, band, depth, height, width)``.

    Raises:
        ValueError: It has no frames, or one cannot be decoded.
    """
    if not frames:
        raise ValueError("it has no frames")
    taken = _taken(len(frames), fitted)
    pixels = {place: _decoded(frames[place], place, fitted) for place in np.unique(taken).tolist()}
    steps = np.stack(
        [np.stack([pixels[place] for place in step.tolist()]) for step in taken]
    )  # (T, D, C, H, W)
    return steps[:, 0] if fitted["depth"] is None else np.ascontiguousarray(steps.swapaxes(1, 2))


def _taken(count: int, fitted: Mapping[str, Any]) -> NDArray[np.int64]:
    """Return which frames each step holds, ``(step, frame)``."""
    wanted, depth = fitted["frames"], fitted["depth"]
    if depth is None:
        return (np.arange(count) if count <= wanted else _spread(count, wanted))[:, None]
    steps = min(max(count // depth, 1), wanted)
    return _spread(count, steps * depth).reshape(steps, depth)


def _spread(size: int, wanted: int) -> NDArray[np.int64]:
    """Return evenly spaced places from the first to the last; some twice where there are fewer."""
    places = np.linspace(0, size - 1, wanted).round() if wanted > 1 else np.array([size // 2])
    return places.astype(np.int64)


def _decoded(frame: Any, place: int, fitted: Mapping[str, Any]) -> Pixels:
    try:
        return pixels_of(opened(frame, fitted), fitted)
    except DAMAGE as error:
        name = frame.name if isinstance(frame, Path) else place + 1
        raise ValueError(f"its frame {name} cannot be decoded ({error})") from None
