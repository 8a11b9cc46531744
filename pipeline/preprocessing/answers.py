"""What a head is asked, per sample: classes, labels or numbers, and what training alone says about them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.classes import class_indices, class_names, require_known_classes
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.rare_classes import NOTHING, Merging, fit_merging, lumped
from pipeline.preprocessing.scale import fit_scaler
from pipeline.preprocessing.split.divide import TRAIN, UNUSED, Codes

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Answers:
    """The targets of all samples, those in no split too, in the order in which they came."""

    values: NDArray[Any]
    """int64 classes ``(sample,)``, -1 where unknown; float32 labels 0/1 ``(sample, label)``; or float32 scaled
    numbers ``(sample, 1)``."""

    classes: tuple[str, ...] = ()
    """Classes, or labels, in natural order: all of them occur in training."""

    class_counts: tuple[int, ...] = ()
    """How often each occurs in training."""

    target_offset: float = 0.0
    target_scale: float = 1.0
    """Numbers: scaled = (raw − offset) / scale, fitted on training."""

    merging: Merging = NOTHING
    """Classes that are read as another."""

    notes: tuple[str, ...] = ()


def encode_answers(
    targets: pl.Series, question: Question, codes: Codes, *, origins: pl.Series | None = None
) -> Answers:
    """Return the targets as numbers.

    Args:
        targets: The column ``target``, one cell per sample.
        question: What the head asks.
        codes: Split of each sample, shape ``(sample,)``; what is in none (-1) may lack a target.
        origins: Where each sample came from, for messages.

    Raises:
        DataError: A target is missing or no number, there is nothing to tell apart, or val or test ask for a class
            that training never sees.
    """
    named = origins if origins is not None else pl.Series(np.arange(len(targets))).cast(pl.String)
    frame = pl.DataFrame({"target": targets.cast(pl.String), "origin": named, "code": codes})
    match question.head:
        case "classify":
            return _classes(frame, question)
        case "multilabel":
            return _labels(frame, question)
        case "regress":
            return _numbers(frame)
        case "forecast":
            raise ValueError("a forecast's targets lie in the stream")


def first_classes(targets: pl.Series, question: Question) -> Ints | None:
    """Return the class of each sample that a stratified split keeps in equal shares; -1 where unknown.

    It is the class, or the first label of a cell, rare ones together; None where the head asks for numbers.

    Raises:
        DataError: There are fewer than two classes.
    """
    if question.head in ("regress", "forecast"):
        return None
    names = targets.cast(pl.String)
    if question.head == "multilabel":
        names = names.str.split(question.separator).list.first().str.strip_chars()
        names = lumped(names.set(names == "", None), question.rare)
        order = {name: index for index, name in enumerate(names.drop_nulls().unique().sort())}
        return class_indices(names, tuple(order))
    names = lumped(names, question.rare)
    return class_indices(names, class_names(names))


def _classes(frame: pl.DataFrame, question: Question) -> Answers:
    _refuse(frame.filter(pl.col("target").is_null()), "no target", "mend the source")
    merging = _merging(frame, question)
    frame = frame.with_columns(target=merging.applied(frame["target"]))
    classes = class_names(frame.lazy().filter(pl.col("code") != UNUSED).select("target").collect()["target"])
    values = class_indices(frame["target"], classes)
    codes = frame["code"].to_numpy()
    train = values[codes == TRAIN]
    require_known_classes(train, values[(codes != TRAIN) & (codes != UNUSED)], classes)
    counts = _counts(np.bincount(train, minlength=len(classes)))
    return Answers(values, classes, counts, merging=merging, notes=merging.notes)


def _merging(frame: pl.DataFrame, question: Question) -> Merging:
    """Return which classes of the column ``target`` are merged; ``code`` says what trains."""
    used = frame.filter(pl.col("target").is_not_null() & (pl.col("code") != UNUSED))
    trains = pl.col("code") == TRAIN
    counts = dict(used.filter(trains)["target"].value_counts().iter_rows())
    return fit_merging(counts, used.filter(~trains)["target"].unique().to_list(), question.rare)


def _labels(frame: pl.DataFrame, question: Question) -> Answers:
    """Return a 0/1 matrix; a label that no training sample has is left out: nothing could be learnt about it.

    Where rare labels are merged, it is one of them.
    """
    pairs = label_pairs(frame, question.separator)
    require_labels(not pairs.filter(pl.col("code") == TRAIN).is_empty())
    named = pairs.unique(["row", "label"], maintain_order=True).select("code", target="label")
    merging = _merging(named, question)
    pairs = pairs.with_columns(label=merging.applied(pairs["label"]))
    classes = class_names(pairs.filter(pl.col("code") == TRAIN)["label"])
    values = label_values(pairs, classes, frame.height)
    used = pairs.filter(pl.col("code") != UNUSED)
    unseen = used.filter(~pl.col("label").is_in(list(classes)))["label"].unique().sort().to_list()
    codes = frame["code"].to_numpy()
    asked = values[codes != UNUSED]
    bare = int((asked.sum(axis=1) == 0).sum())
    notes = (*merging.notes, *unseen_note(unseen), *bare_note(bare, len(asked), len(classes)))
    counts = _counts(values[codes == TRAIN].sum(axis=0))
    return Answers(values, classes, counts, merging=merging, notes=notes)


def label_pairs(frame: pl.DataFrame, separator: str) -> pl.DataFrame:
    """Return ``row``, ``code`` and ``label`` of each label in the cells of ``target``."""
    pairs = frame.with_row_index("row").select(
        "row", "code", label=pl.col("target").fill_null("").str.split(separator)
    )
    pairs = pairs.explode("label").with_columns(pl.col("label").str.strip_chars())
    return pairs.filter(pl.col("label") != "")


def require_labels(some: bool) -> None:
    """Check that training has a label.

    Raises:
        DataError: It has none.
    """
    if not some:
        raise DataError("no training sample has a label; check sources.target, heads.separator and the split")


def label_values(pairs: pl.DataFrame, classes: tuple[str, ...], rows: int) -> NDArray[np.float32]:
    """Return which of the labels each row has, 0 or 1, shape ``(row, label)``."""
    columns = class_indices(pairs["label"], classes)
    known = columns >= 0
    values = np.zeros((rows, len(classes)), np.float32)
    values[pairs["row"].to_numpy()[known], columns[known]] = 1.0
    return values


def unseen_note(labels: list[str]) -> tuple[str, ...]:
    """Return what to tell of labels that were left out."""
    if not labels:
        return ()
    shown = ", ".join(labels[:5])
    return (f"{len(labels)} labels occur in no training sample and were left out, such as {shown}",)


def bare_note(bare: int, count: int, labels: int) -> tuple[str, ...]:
    """Return what to tell of samples that have no label."""
    told = f"{bare:,} of {count:,} samples have none of the {labels:,} labels, as is allowed: the right"
    return (f"{told} answer for them is no label",) if bare else ()


def numbered(targets: pl.Series) -> pl.Series:
    """Return targets as numbers, null where they are none."""
    return targets.cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False).fill_nan(None)


def _numbers(frame: pl.DataFrame) -> Answers:
    numbers = frame.with_columns(number=numbered(frame["target"]))
    bad = numbers.filter(~pl.col("number").is_finite().fill_null(False))
    _refuse(bad, "a target that is no number", "mend the source, or use heads.kind=classify")
    raw = numbers["number"].to_numpy().astype(np.float64)[:, None]
    scaler = fit_scaler(raw[frame["code"].to_numpy() == TRAIN], "standard")
    return Answers(
        scaler.apply(raw), target_offset=float(scaler.offset[0]), target_scale=float(scaler.scale[0])
    )


def _refuse(bad: pl.DataFrame, what: str, remedy: str) -> None:
    """Raise an error that names some of the samples; those in no part of the split do not matter."""
    used = bad.filter(pl.col("code") != UNUSED)
    if used.is_empty():
        return
    raise refusal(used.height, used.head(3).select("target", "origin").rows(), what, remedy)


def refusal(count: int, rows: list[tuple[Any, ...]], what: str, remedy: str) -> DataError:
    """Return an error about samples whose targets cannot be used.

    Args:
        count: How many.
        rows: ``target`` and ``origin`` of some.
        what: What is wrong with them.
        remedy: What to do.
    """
    examples = "; ".join(
        f"{'empty' if target is None else repr(target)} in {where}" for target, where in rows
    )
    return DataError(
        f"{count:,} samples have {what} ({examples}); {remedy}, or let validate set them aside with a "
        f"rule in the quality suite"
    )


def _counts(counts: NDArray[Any]) -> tuple[int, ...]:
    return tuple(int(count) for count in counts)
