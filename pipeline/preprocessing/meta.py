"""What a reader has to know about ``stream.npy``: ``data/preprocess/meta.json``."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")


class StreamMeta(BaseModel):
    """Shape, meaning and scale of a stream; a sample is ``window`` steps from its start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["series", "images"]
    head: Literal["classify", "forecast"]
    window: int
    frame: tuple[int, ...]
    """Shape of one step: ``(channel,)``, or ``(band, height, width)``."""

    channels: tuple[str, ...]
    """Name of each entry of ``frame[0]`` (images: of each band)."""

    targets: tuple[int, ...] = ()
    """Forecast: which channels are the target."""

    horizon: int = 0
    classes: tuple[str, ...] = ()
    offset: tuple[float, ...]
    """Per entry of ``frame[0]``; scaled = (raw − offset) / scale. Series are stored scaled, pixels raw."""

    scale: tuple[float, ...]
    shift: int = 0
    """Pixels by which training images are moved at most."""

    season: int | None = None
    """Steps of one season, where the time stamps or the training split show one."""

    counts: dict[Split, int]
    class_counts: tuple[int, ...] = ()
    """Training samples per class."""
