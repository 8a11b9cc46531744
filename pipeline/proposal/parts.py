"""What the proposed split yields, by cutting it as preprocess will: windows, classes, and the training they need."""

from dataclasses import dataclass
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from pipeline.config import Config
from pipeline.foundation.arrays import read_array
from pipeline.foundation.errors import ShapeError
from pipeline.foundation.table import write_table
from pipeline.foundation.words import plural
from pipeline.heads.config import ForecastConfig
from pipeline.preprocessing.config import WindowsConfig
from pipeline.preprocessing.config_split import SplitConfig
from pipeline.preprocessing.meta import SPLITS, StreamMeta
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.series.windowed import prepare_windows
from pipeline.proposal.choice import Choice, Wishes

STEPS_WANTED = 1500
MOST_EPOCHS = 200
BATCHES = ((150, 8), (500, 16), (2000, 32))
"""Below so many training windows, batches of that size: few windows must not mean few steps."""

FEW = 20
SHOWN = 8


@dataclass(frozen=True)
class Parts:
    """The windows of a proposed split, and what follows from them."""

    config: Config
    choices: tuple[Choice, ...]
    warnings: tuple[str, ...]
    gaps: Choice
    """The choice about gaps, with what it costs."""


def cut_parts(config: Config, frame: pl.DataFrame, *, gaps: Choice, wishes: Wishes) -> Parts:
    """Cut the windows, and fit the length of training to their number.

    Raises:
        ShapeError: A part of the split gets no window; the options that asked for it are named.
        DataError: Training lacks a class that val or test ask for.
    """
    settings = config.preprocessing
    if not isinstance(settings, WindowsConfig):
        raise TypeError(f"a series is cut into windows, not {settings.kind}")
    try:
        cut = _cut(config, settings, frame)
    except ShapeError as error:
        said = [f"--{name} {value}" for name in ("window", "horizon") if (value := getattr(wishes, name))]
        raise ShapeError(f"{' with '.join(said)} does not fit: {error}" if said else str(error)) from None
    counts = cut.meta.counts
    if gaps.value == "break" and "gaps" in gaps.reason:
        joined = _cut(config, settings.model_copy(update={"gaps": "ignore"}), frame).meta.counts
        most, left = sum(joined.values()), sum(counts.values())
        gaps = Choice(
            gaps.setting, gaps.value, f"{gaps.reason}: {max(0, most - left):,} of {most:,} windows are lost"
        )
    config, training = fit_training(config, counts["train"])
    windows = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    split = Choice("preprocessing.split", _shares(settings.split), f"windows: {windows}")
    classes, warnings = _classes(cut)
    return Parts(config, (split, *classes, training), warnings, gaps)


def _shares(split: SplitConfig) -> str:
    """Return how much of the time val and test have: of each a share, or a number of time steps."""
    if split.val < 1 and split.test < 1:
        return f"val {split.val:.0%}, test {split.test:.0%} of the time"
    told = (
        f"{part:.0%} of the time" if part < 1 else plural(int(part), "time step")
        for part in (split.val, split.test)
    )
    return "val {}, test {}".format(*told)


@dataclass(frozen=True)
class _Cut:
    """What preprocess would make of the rows."""

    meta: StreamMeta
    classes: dict[str, list[int]]
    """Split → windows per class; empty for forecasts."""


def _cut(config: Config, settings: WindowsConfig, frame: pl.DataFrame) -> _Cut:
    heads = config.heads
    question = (
        Question("forecast", horizon=heads.horizon, targets=heads.targets)
        if isinstance(heads, ForecastConfig)
        else Question(heads.kind)
    )
    known = _sound(frame, settings)
    with TemporaryDirectory(prefix="convoy-") as place:
        folder = Path(place)
        write_table(known, folder / "table.parquet")
        meta = prepare_windows(
            folder / "table.parquet", settings, question, folder, seed=config.run.seed
        ).meta
        names = meta.classes
        classes: dict[str, list[int]] = {
            part: np.bincount(read_array(folder / f"targets_{part}.npy"), minlength=len(names)).tolist()
            for part in SPLITS
            if names
        }
    return _Cut(meta, classes)


def _sound(frame: pl.DataFrame, settings: WindowsConfig) -> pl.DataFrame:
    """Return the rows that the proposed gate lets pass, as far as the windows depend on it."""
    if "target" in frame.columns:
        frame = frame.filter(pl.col("target").is_not_null())
    if settings.changes == "returns":  # a return divides by the value before; prices of 0 are set aside
        numbers = [name for name in frame.columns if frame.schema[name] == pl.Float64]
        changed = [name for name in numbers if name in (settings.changed or numbers)]
        frame = frame.filter(
            pl.all_horizontal(pl.col(name).is_null() | (pl.col(name) > 0) for name in changed)
        )
    return frame


def fit_training(config: Config, windows: int) -> tuple[Config, Choice]:
    """Return ``config`` with as many passes as make some 1,500 steps of the optimiser, and why.

    Never fewer passes than it had, and at most 200; the more passes, the longer the patience.
    """
    usual = config.training
    batch = next((size for below, size in BATCHES if windows < below), usual.batch_size)
    epochs = max(usual.epochs, min(MOST_EPOCHS, ceil(STEPS_WANTED / ceil(windows / batch))))
    training = usual.model_copy(
        update={"epochs": epochs, "batch_size": batch, "patience": max(usual.patience, epochs // 4)}
    )
    probe = config.extraction.model_copy(update={"epochs": max(config.extraction.epochs, epochs // 10)})
    reason = f"{windows:,} windows"
    if epochs > usual.epochs:
        reason += (
            f": few, so more passes, in batches of {batch}" if batch < usual.batch_size else ": more passes"
        )
    else:
        reason += f" are {ceil(windows / batch):,} steps of the optimiser in one pass"
    fitted = config.model_copy(update={"training": training, "extraction": probe})
    return fitted, Choice("training.epochs", str(epochs), reason)


def _classes(cut: _Cut) -> tuple[list[Choice], tuple[str, ...]]:
    """Return how often each class is asked for, and warnings about those that are hardly."""
    names, table = cut.meta.classes, cut.classes
    if not names:
        return [], ()
    shown = [f"{name} {' + '.join(str(table[part][at]) for part in SPLITS)}" for at, name in enumerate(names)]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    choice = Choice(
        "heads.class_weights", "balanced",
        f"windows per class in train + val + test: {', '.join(shown[:SHOWN])}{more}",
    )  # fmt: skip
    warnings = []
    for at, name in enumerate(names):
        absent = [part for part in SPLITS if not table[part][at]]
        total = sum(table[part][at] for part in SPLITS)
        if absent:
            warnings.append(
                f"class {name} does not occur in {' and '.join(absent)}: the scores there say nothing about it; "
                f"change preprocessing.split.val and test, or preprocessing.split.kind"
            )
        if total < FEW:
            warnings.append(f"class {name} has only {total} windows: its scores will be uncertain")
    return [choice], tuple(warnings)
