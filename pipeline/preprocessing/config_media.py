"""How pictures, moving pictures and sound become samples."""

from typing import Literal, Self

from pydantic import NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from pipeline.preprocessing.config_base import PreprocessingBase


class ImagesConfig(PreprocessingBase):
    """An image becomes a sequence: of its rows, of patches, or of the rows of a feature map."""

    kind: Literal["images"] = "images"

    height: PositiveInt = 8
    """Pixels after resizing."""

    width: PositiveInt = 8
    """Pixels after resizing."""

    colour: Literal["grey", "rgb"] = "grey"
    """One band or three."""

    frames: Literal["whole", "rows", "columns", "patches"] = "whole"
    """What one step holds: the whole image (one step), a row or column of pixels (a vector), or a patch."""

    patch: PositiveInt = 4
    """Side of a square patch in pixels, for `frames: patches`."""

    shift: NonNegativeInt = 0
    """Training images are moved by up to this many pixels each way, anew in every epoch."""

    flip: Literal["none", "horizontal", "vertical", "both"] = "none"
    """Training images are mirrored by chance, anew in every epoch; only where left and right (up and down) mean
    nothing."""

    @model_validator(mode="after")
    def _patches_tile_the_image(self) -> Self:
        if self.frames == "patches" and (self.height % self.patch or self.width % self.patch):
            raise ValueError(
                f"preprocessing.patch={self.patch} does not divide preprocessing.height={self.height} and "
                f"preprocessing.width={self.width}; choose a patch that tiles the image"
            )
        return self


class ClipsConfig(PreprocessingBase):
    """A clip (image sequence, film, volume) is a sequence of frames, each an image or a volume."""

    kind: Literal["clips"] = "clips"

    frames: PositiveInt = 16
    """Steps taken from each clip, evenly spaced; a shorter clip keeps all it has."""

    volumes: Literal["none", "runs", "files"] = "none"
    """What a step holds: an image; `depth` frames that follow one another, as a volume; or `depth` slices of one file,
    as a volume (`sources.clip_pattern` puts the MRI sequences of a patient into one clip)."""

    depth: PositiveInt = 16
    """Slices of a volume, evenly taken; where there are fewer, some stand in it twice."""

    height: PositiveInt = 32
    """Pixels after resizing."""

    width: PositiveInt = 32
    """Pixels after resizing."""

    colour: Literal["grey", "rgb"] = "grey"
    """One band or three."""

    flip: Literal["none", "horizontal", "vertical", "both"] = "none"
    """Training clips are mirrored by chance, all frames alike, anew in every epoch."""


class SoundConfig(PreprocessingBase):
    """A recording becomes the frames of its log-mel spectrogram."""

    kind: Literal["sound"] = "sound"

    rate: PositiveInt = 16_000
    """Samples per second after resampling."""

    mels: PositiveInt = 40
    """Bands of the spectrogram."""

    frame_seconds: PositiveFloat = 0.025
    """Length of the stretch behind one frame."""

    hop_seconds: PositiveFloat = 0.01
    """From one frame to the next."""

    longest_seconds: PositiveFloat = 10.0
    """Longer recordings are cut off here."""

    trim: bool = False
    """Whether silence (40 dB below the loudest frame) is cut off at both ends."""
