"""How clean rows become streams: the section ``preprocessing`` of ``params.yaml``."""

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from pipeline.foundation.section import Section

Amount = Annotated[float | int, Field(ge=0, allow_inf_nan=False)]


class SplitConfig(Section):
    """Which samples train, choose the epoch, and judge."""

    kind: Literal["time", "group", "stratified", "given"] = "stratified"
    """`time`: past, then present, then future; `group`: whole groups on one side; `stratified`: equal class
    shares; `given`: the source says which."""

    train: Amount | None = None
    """Share below 1, or a number of time steps (`time` only) from the start; None: what the others leave."""

    val: Amount = 0.15
    """Share below 1, or a number of time steps."""

    test: Amount = 0.2
    """Share below 1, or a number of time steps."""

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        parts = {"train": self.train, "val": self.val, "test": self.test}
        counts = [name for name, part in parts.items() if part is not None and part >= 1]
        if counts and self.kind != "time":
            raise ValueError(
                f"preprocessing.split.{counts[0]}={parts[counts[0]]} counts time steps, which needs "
                f"preprocessing.split.kind=time; with kind={self.kind} give a share below 1"
            )
        total = sum(part for part in parts.values() if part is not None and part < 1)
        if not counts and total > 1 + 1e-9:
            raise ValueError(
                f"preprocessing.split.train, val and test add up to {total:g}; they may add up to 1 at most"
            )
        if not self.val or not self.test:
            raise ValueError(
                f"preprocessing.split.val={self.val} and preprocessing.split.test={self.test}: both must be "
                f"above 0, one chooses the epoch and the other judges"
            )
        return self


class PreprocessingBase(Section):
    """What images and series have in common."""

    split: SplitConfig = SplitConfig()
    """How samples are divided."""

    scale: Literal["standard", "minmax", "none"] = "standard"
    """`standard`: mean 0, deviation 1; `minmax`: 0 to 1; always fitted on the training split only."""


class WindowsConfig(PreprocessingBase):
    """A series is cut into windows that are an index into it, never copies."""

    kind: Literal["windows"] = "windows"

    window: PositiveInt = 96
    """Time steps the model sees (the look-back)."""

    stride: PositiveInt = 1
    """Time steps from the start of one training window to the next; val and test always use 1."""

    missing: Literal["refuse", "previous", "mean"] = "refuse"
    """Null cells: stop, take the last known value of the same group, or the training mean."""

    gaps: Literal["ignore", "break", "fill"] = "break"
    """Steps missing from a regular series: pretend they are not, let no window cross them, or insert rows."""

    split: SplitConfig = SplitConfig(kind="time")


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

    @model_validator(mode="after")
    def _patches_tile_the_image(self) -> Self:
        if self.frames == "patches" and (self.height % self.patch or self.width % self.patch):
            raise ValueError(
                f"preprocessing.patch={self.patch} does not divide preprocessing.height={self.height} and "
                f"preprocessing.width={self.width}; choose a patch that tiles the image"
            )
        return self


PreprocessingConfig = Annotated[WindowsConfig | ImagesConfig, Field(discriminator="kind")]
