"""What a head is asked, of samples too many to be held: fitted piece by piece, and encoded piece by piece."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.preprocessing.answers import (
    Answers,
    bare_note,
    label_pairs,
    label_values,
    numbered,
    refusal,
    require_labels,
    unseen_note,
)
from pipeline.preprocessing.classes import class_indices, class_names, require_known_classes
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.rare_classes import NOTHING, Merging, fit_merging
from pipeline.preprocessing.scale import RunningMoments
from pipeline.preprocessing.split.codes import TRAIN, UNUSED

Pieces = Callable[[], Iterable[pl.DataFrame]]
"""Gives ``target``, ``origin`` and ``code`` (the part) of all samples, piece by piece, each time it is called."""


@dataclass(frozen=True)
class Encoder:
    """Turns targets into numbers, as all of them together say."""

    about: Answers
    """Without the values."""

    encode: Callable[[pl.Series], NDArray[Any]]
    """Gives the values of some targets."""


def fit_answers(pieces: Pieces, question: Question) -> Encoder:
    """Return what :func:`pipeline.preprocessing.answers.encode_answers` finds, without holding the samples.

    Args:
        pieces: The samples.
        question: What the head asks.

    Raises:
        DataError: A target is missing or no number, there is nothing to tell apart, or val or test ask for a class
            that training never sees.
    """
    match question.head:
        case "classify":
            return _classes(pieces, question)
        case "multilabel":
            return _labels(pieces, question)
        case "regress":
            return _numbers(pieces)
        case "forecast":
            raise ValueError("a forecast's targets lie in the stream")


class _Bad:
    """Samples that cannot be used: how many, and some of them."""

    def __init__(self) -> None:
        self.count = 0
        self.rows: list[tuple[str | None, str]] = []

    def add(self, bad: pl.DataFrame) -> None:
        used = bad.filter(pl.col("code") != UNUSED)
        self.count += used.height
        self.rows += used.head(3 - len(self.rows)).select("target", "origin").rows()

    def refuse(self, what: str, remedy: str) -> None:
        if self.count:
            raise refusal(self.count, self.rows, what, remedy)


def _classes(pieces: Pieces, question: Question) -> Encoder:
    trained: Counter[str] = Counter()
    judged: set[str] = set()
    bad = _Bad()
    for frame in pieces():
        bad.add(frame.filter(pl.col("target").is_null()))
        known = frame.lazy().filter(pl.col("target").is_not_null() & (pl.col("code") != UNUSED))
        counts = known.group_by("target", trains=pl.col("code") == TRAIN).agg(pl.len()).collect()
        for name, trains, count in counts.iter_rows():
            if trains:
                trained[name] += count
            else:
                judged.add(name)
    bad.refuse("no target", "mend the source")
    merging = fit_merging(trained, judged, question.rare)
    trained, judged = _merged(trained, merging), {*_merged(dict.fromkeys(judged, 1), merging)}
    classes = class_names(pl.Series(sorted({*trained, *judged}), dtype=pl.String))
    seen, asked = (
        class_indices(pl.Series(sorted(names), dtype=pl.String), classes) for names in (trained, judged)
    )
    require_known_classes(seen, asked, classes)
    times = tuple(trained[name] for name in classes)
    about = Answers(np.empty(0, np.int64), classes, times, merging=merging, notes=merging.notes)
    return Encoder(about, lambda targets: class_indices(merging.applied(targets.cast(pl.String)), classes))


def _merged(counts: Mapping[str, int], merging: Merging) -> Counter[str]:
    """Return how often each class occurs once rare ones are read as another."""
    found: Counter[str] = Counter()
    for name, count in counts.items():
        found[merging.into if name in merging.names else name] += count
    return found


def _labels(pieces: Pieces, question: Question) -> Encoder:
    merging = NOTHING
    if question.rare.fewest:
        trained, judged, _ = _label_counts(pieces, question.separator, NOTHING)
        merging = fit_merging(trained, judged, question.rare)
    trained, _, used = _label_counts(pieces, question.separator, merging)
    require_labels(bool(trained))
    classes = class_names(pl.Series(sorted(trained), dtype=pl.String))

    def encode(targets: pl.Series) -> NDArray[np.float32]:
        cells = pl.DataFrame({"target": targets, "code": np.zeros(len(targets), np.int8)})
        pairs = label_pairs(cells, question.separator)
        return label_values(pairs.with_columns(label=merging.applied(pairs["label"])), classes, len(targets))

    bare, count = 0, 0
    for frame in pieces():
        values = encode(frame.filter(pl.col("code") != UNUSED)["target"])
        bare, count = bare + int((values.sum(axis=1) == 0).sum()), count + len(values)
    unseen = unseen_note(sorted(used - set(classes)))
    notes = (*merging.notes, *unseen, *bare_note(bare, count, len(classes)))
    counts = tuple(trained[name] for name in classes)
    return Encoder(Answers(np.empty(0), classes, counts, merging=merging, notes=notes), encode)


def _label_counts(
    pieces: Pieces, separator: str, merging: Merging
) -> tuple[Counter[str], set[str], set[str]]:
    """Return in how many training samples each label stands, the labels of val and test, and all of them."""
    trained: Counter[str] = Counter()
    judged: set[str] = set()
    for frame in pieces():
        pairs = label_pairs(frame, separator).filter(pl.col("code") != UNUSED)
        pairs = pairs.with_columns(label=merging.applied(pairs["label"]))
        trains = pl.col("code") == TRAIN
        judged.update(pairs.filter(~trains)["label"].unique())
        # A label that stands twice in a cell is one.
        own = pairs.filter(trains).unique(["row", "label"])["label"].value_counts(name="times")
        trained.update(dict(own.iter_rows()))
    return trained, judged, judged | set(trained)


def _numbers(pieces: Pieces) -> Encoder:
    moments, bad = RunningMoments(1), _Bad()
    for frame in pieces():
        numbers = numbered(frame["target"])
        bad.add(frame.filter(~numbers.is_finite().fill_null(False)))
        moments.add(numbers.filter(frame["code"] == TRAIN).to_numpy().astype(np.float64)[:, None])
    moments.end()
    bad.refuse("a target that is no number", "mend the source, or use heads.kind=classify")
    scaler = moments.scaler("standard")

    def encode(targets: pl.Series) -> NDArray[np.float32]:
        return scaler.apply(numbered(targets).to_numpy().astype(np.float64)[:, None])

    about = Answers(np.empty(0), target_offset=float(scaler.offset[0]), target_scale=float(scaler.scale[0]))
    return Encoder(about, encode)
