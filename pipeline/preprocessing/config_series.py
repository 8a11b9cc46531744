"""How a series becomes samples: cut into windows, or each group as a whole."""

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from pipeline.preprocessing.config_base import PreprocessingBase
from pipeline.preprocessing.config_split import SplitConfig

Missing = Literal["refuse", "previous", "mean", "mask"]


class SeriesBase(PreprocessingBase):
    """What happens to the values of a series, whatever is cut from it."""

    missing: Missing = "refuse"
    """Null cells: stop, take the last known value of the same group, or the training mean; `mask` does that too and
    adds a channel per channel with holes that says where a value was measured."""

    changes: Literal["none", "differences", "returns"] = "none"
    """Channels as they are, as differences from the row before, or as relative differences (returns)."""

    changed: tuple[str, ...] = ()
    """Channels that `changes` is about; empty: all."""

    smoothing: Literal["none", "fitted"] | Annotated[float, Field(gt=0.0, le=1.0)] = "none"
    """Exponential smoothing of the inputs (never of a target): a factor between 0 and 1, or the one that forecasts
    the training rows best; a value is smoothed with its past only."""


class WindowsConfig(SeriesBase):
    """A series is cut into windows that are an index into it, never copies."""

    kind: Literal["windows"] = "windows"

    window: PositiveInt = 96
    """Time steps the model sees (the look-back)."""

    stride: PositiveInt = 1
    """Time steps from the start of one training window to the next; val and test always use 1."""

    gaps: Literal["ignore", "break", "fill"] = "break"
    """Steps missing from a regular series: pretend they are not, let no window cross them, or insert rows."""

    resample_seconds: PositiveFloat | None = None
    """Rows are averaged over so many seconds each, so that irregular times or several frequencies become regular;
    None: as they are."""

    calendar: tuple[Literal["hour", "weekday", "monthday", "yearday", "month"], ...] = ()
    """Channels made from the time: each as sine and cosine of its place in the day, week, month or year."""

    direction: str | None = None
    """With `heads.kind: classify`: the class is whether this channel is higher (`up`) `ahead` steps later, or not
    (`down`), instead of a target column."""

    ahead: PositiveInt = 1
    """Steps that `direction` looks ahead."""

    split: SplitConfig = SplitConfig(kind="time")


class WholeConfig(SeriesBase):
    """Each group of a series is one sample, as long as it is."""

    kind: Literal["whole"] = "whole"

    longest: PositiveInt = 4096
    """Time steps kept of a longer group: its last ones."""

    normalise: Literal["none", "each"] = "none"
    """`each`: every sample is centred and scaled by its own mean and deviation per channel, as in the UCR archive."""

    split: SplitConfig = SplitConfig(kind="stratified")
