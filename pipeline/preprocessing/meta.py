"""What a reader has to know about ``stream.npy``: ``data/preprocess/meta.json``."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Split = Literal["train", "val", "test"]
Flip = Literal["none", "horizontal", "vertical", "both"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")


class SecondMeta(BaseModel):
    """The second stream of the same samples: a text in other tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window: int
    """Steps of the longest sample."""

    vocabulary: int
    """Number of token ids; 0 is padding, 1 is unknown."""

    dimensions: int
    """Size of a token's vector."""

    vectors: bool = False
    """Whether ``second_vectors.npy`` holds them."""


class StreamMeta(BaseModel):
    """Shape, meaning and scale of a stream; a sample is ``window`` steps from its start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["series", "images", "text", "table", "clips", "sound"]
    head: Literal["classify", "multilabel", "regress", "forecast"]
    window: int
    """Steps of a sample; of the longest one where ``ragged``."""

    ragged: bool = False
    """Whether samples have lengths of their own (``lengths_SPLIT.npy``); batches are padded with 0 then."""

    frame: tuple[int, ...]
    """Shape of one step: ``(channel,)``, ``(band, height, width)``, ``(band, depth, height, width)``, or ``()`` for
    token ids."""

    channels: tuple[str, ...]
    """Name of each entry of ``frame[0]`` (images: of each band)."""

    targets: tuple[int, ...] = ()
    """Forecast: which channels are the target."""

    changed: tuple[int, ...] = ()
    """Series: channels that hold what changed since the row before (differences or returns), not levels."""

    direction: int | None = None
    """Series: the channel of which the classes say whether it rises; None: they are of a column, or there are none."""

    horizon: int = 0
    classes: tuple[str, ...] = ()
    """Classes, or labels of a multilabel head."""

    merged: tuple[str, ...] = ()
    """Classes, or labels, that are read as ``merged_into``: training has too few samples of them, or none."""

    merged_into: str = ""
    vocabulary: int = 0
    """Texts: number of token ids; 0 is padding, 1 is unknown."""

    dimensions: int = 0
    """Texts: size of a token's vector; ``vectors.npy`` ``(vocabulary, dimensions)`` holds them where ``vectors``."""

    vectors: bool = False
    second: SecondMeta | None = None
    """The second stream, where there is one."""

    static: tuple[str, ...] = ()
    """Names of the columns of ``static_SPLIT.npy``: what is known of each sample as a whole."""

    target_name: str = "target"
    """Regression: the name of the number."""

    target_offset: float = 0.0
    target_scale: float = 1.0
    """Regression: scaled = (raw − offset) / scale; targets are stored scaled."""

    offset: tuple[float, ...]
    """Per entry of ``frame[0]``; scaled = (raw − offset) / scale. Series are stored scaled, pixels raw."""

    scale: tuple[float, ...]
    shift: int = 0
    """Pixels by which training images are moved at most."""

    flip: Flip = "none"
    """How training images are mirrored by chance, as they lie in the stream: an image whose steps are columns lies on
    its side there, so `vertical` puts left and right in each other's place."""

    season: int | None = None
    """Steps of one season, where the time stamps or the training split show one."""

    step_seconds: float | None = None
    """Windows: regular distance of two rows, a longer one is a gap; None: gaps do not count."""

    counts: dict[Split, int]
    class_counts: tuple[int, ...] = ()
    """Training samples per class, or with each label."""

    def of_second(self) -> "StreamMeta":
        """Return what a reader of the second stream has to know."""
        if self.second is None:
            raise ValueError("these samples have one stream")
        return self.model_copy(update={**dict(self.second), "second": None, "static": ()})
