"""Volumes: NIfTI and ``.npy``, a slice is a frame."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.arrays import read_array
from pipeline.foundation.errors import DataError
from pipeline.sources.config import TableKind
from pipeline.sources.config_media import VolumesConfig
from pipeline.sources.frames import CLIPS, in_order
from pipeline.sources.optional import needed
from pipeline.sources.payload.gather import Row
from pipeline.sources.payload.media import MediaSource
from pipeline.sources.payload.npy import product
from pipeline.sources.payload.pixels import broken, raw, said, shrunk
from pipeline.sources.places.listing import readable
from pipeline.sources.places.meaning import Place

MOST_VOXELS = 2**28
MOST_SLICES = 10_000
SAMPLED = 4_000_000
DARK, BRIGHT = 0.5, 99.5
"""Percentiles of a volume's intensities that become black and white."""


class VolumesSource(MediaSource):
    """Volumes, slice after slice along ``axis`` as they are stored (nothing is turned).

    Each is a clip of its own, or those that ``clip_pattern`` puts together follow one another in the order of their
    names.

    Intensities mean nothing by themselves (scanners differ), so each volume's are mapped to 0-255 by its own 0.5th
    and 99.5th percentile, measured over at most some four million evenly spaced voxels; what lies beyond is black or
    white. Voxels that are no finite number are black. A broken volume is one row with its defect.
    """

    kind: TableKind = "clips"
    suffixes = (".nii", ".nii.gz", ".npy")
    what = "volumes"
    columns = CLIPS
    payload = "image"
    threads = 1  # one volume in memory at a time
    config: VolumesConfig

    def __init__(self, config: VolumesConfig, project: Path, *, answers: bool = True) -> None:
        self._pattern = re.compile(config.clip_pattern) if config.clip_pattern else None
        self._clips: dict[str, list[str]] = {}
        super().__init__(config, project, answers=answers)
        if any(not name.lower().endswith(".npy") for name in self.listing.names):
            self._nibabel = needed("nibabel", what="sources.kind=volumes with NIfTI files", extra="volumes")

    def labelled_names(self) -> list[str]:
        """Return the names of the volumes, or of the clips they belong to, with their files put in order."""
        if self._pattern is None:
            return self.listing.names
        self._clips = clips_of(self.listing.names, self._pattern)
        left = len(self.listing.names) - sum(map(len, self._clips.values()))
        if left:
            self.notes.append(f"{left:,} volumes belong to no clip and were passed over")
        return list(self._clips)

    def rows(self) -> Iterator[Row]:
        """Yield the slices of volume after volume; two of them would not fit into memory."""
        if self._pattern is None:
            for place in self.meaning.places(self.listing.names):
                yield from self.rows_of(place)
        for clip, names in self._clips.items():
            step = 0
            for place in self._known(clip, names):
                rows = self._slice_rows(place, clip, step)
                step += len(rows)
                yield from rows

    def rows_of(self, place: Place) -> list[Row]:
        """Return the slices of a volume that is a clip of its own."""
        return self._slice_rows(place, place.origin, 0)

    def _known(self, clip: str, names: list[str]) -> list[Place]:
        """Return the volumes of a clip that have a class; a table of labels names the clip."""
        if not self.meaning.labels:
            return list(self.meaning.places(names))
        answer = next(self.meaning.places([clip]), None)
        return [answer._replace(name=name) for name in names] if answer else []

    def _slice_rows(self, place: Place, clip: str, first: int) -> list[Row]:
        """Return the slices of a volume, counted from ``first`` within the clip."""
        try:
            slices = self._slices(self.file(place))
        except (
            Exception
        ) as error:  # whatever a decoder stumbles over: the volume is set aside, with the reason
            picture = broken(f"cannot be decoded: {said(error, self.file(place))}")
            return [(place.origin, place.group, place.split, clip, first, *picture, place.target)]
        return [
            (
                f"{place.origin}:{step}",
                place.group,
                place.split,
                clip,
                first + step,
                *raw(pixels),
                place.target,
            )
            for step, pixels in enumerate(slices)
        ]

    def _slices(self, path: Path) -> list[NDArray[np.uint8]]:
        values = self._values(path)
        low, high = limits(values)
        if not np.isfinite(values).all():
            self.remark("volumes have voxels that are no finite numbers; they are black")
        frames = np.moveaxis(values, self.config.axis, 0)  # (slice, height, width[, band])
        return [shrunk(eight_bits(frame, low, high), self.config.longest_side) for frame in frames]

    def _values(self, path: Path) -> NDArray[Any]:
        """Return the voxels, of shape ``(x, y, z)`` or ``(x, y, z, 3)``.

        Raises:
            ValueError: They are no numbers, too many, or of another shape.
        """
        if path.name.lower().endswith(".npy"):
            stored = read_array(path, mapped=True)
            self._require(stored.shape, stored.dtype)
            return self._bands(np.asarray(stored))
        image = self._nibabel.load(path)
        self._require(image.shape, image.get_data_dtype())
        return self._bands(np.asarray(image.dataobj))

    def _require(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in (1, 3)) or min(shape) < 1:
            raise ValueError(f"has shape {shape}; a volume of three axes is wanted")
        if product(shape) > MOST_VOXELS or shape[self.config.axis] > MOST_SLICES:
            raise ValueError(f"has shape {shape}, more than {MOST_VOXELS:,} voxels or {MOST_SLICES:,} slices")
        if dtype.kind not in "biuf":
            raise ValueError(f"holds {dtype}; numbers are wanted")

    def _bands(self, values: NDArray[Any]) -> NDArray[Any]:
        return values[..., 0] if values.ndim == 4 and values.shape[3] == 1 else values


def clips_of(names: list[str], pattern: re.Pattern[str]) -> dict[str, list[str]]:
    """Return each clip with its files, both in the order of the numbers in their names.

    Raises:
        DataError: The pattern finds nothing.
    """
    clips: dict[str, list[str]] = {}
    for name in names:
        found = pattern.search(readable(name))
        if found is not None:
            clips.setdefault("/".join(filter(None, found.groups())) or found.group(), []).append(name)
    if not clips:
        raise DataError(
            f"sources.clip_pattern={pattern.pattern} finds nothing in any of {len(names)} paths, such as "
            f"{readable(names[0])}; correct the pattern (it is searched for below sources.path)"
        )
    return {clip: sorted(clips[clip], key=in_order) for clip in sorted(clips, key=in_order)}


def limits(values: NDArray[Any]) -> tuple[float, float]:
    """Return the intensities that become black and white.

    Raises:
        ValueError: Not one voxel is a finite number.
    """
    flat = values.reshape(-1)
    sample = flat[:: -(-flat.size // SAMPLED)].astype(np.float64)
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        raise ValueError("has not one voxel that is a finite number")
    low, high = (float(value) for value in np.percentile(sample, (DARK, BRIGHT)))
    return (low, high) if high > low else (float(sample.min()), float(sample.max()))


def eight_bits(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Return intensities as 0-255, black at ``low`` and white at ``high``."""
    spread = (high - low) or 1.0
    scaled = (values.astype(np.float64) - low) / spread * 255
    return np.clip(np.nan_to_num(scaled, nan=0.0, posinf=0.0, neginf=0.0), 0, 255).round().astype(np.uint8)
