"""The training split divided anew, so that every training sample is answered by a model that never saw it.

A fold is a preprocessed data set of its own: the stream is the same file, the held-out part of the training split
stands in the place of the test split. What preprocess had fitted (scales, vocabularies) was fitted on the whole
training split, the held-out part included; the test split had no part in it.

Source:
    Wolpert (1992), "Stacked Generalization".
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.foundation.arrays import read_array
from pipeline.foundation.files import linked, write_json
from pipeline.foundation.folder import MANIFEST, stage_folder, verified
from pipeline.foundation.table import write_table
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.stream import Ints

KEPT = "_train.npy"


def write_folds(data: Path, home: Path, *, count: int, seed: int) -> list[Path]:
    """Write ``count`` folds of the training split in ``data`` below ``home``, unless they are there.

    Whole groups stay together where there are any; windows of a series are held out in runs, and those that share
    steps with them are left out of training; other samples are drawn, in equal class shares.

    Returns:
        The folders, in the form of the stage ``preprocess``.
    """
    folders = [home / f"fold-{fold}-of-{count}" / "preprocess" for fold in range(count)]
    if all((folder / MANIFEST).is_file() for folder in folders):
        home.touch()  # used, so that it stays
        return folders
    meta = StreamMeta.model_validate_json(verified(data, "meta.json").read_text(encoding="utf-8"))
    parts = fold_of_each(data, meta, count=count, seed=seed)
    for fold, folder in enumerate(folders):
        if not (folder / MANIFEST).is_file():
            held = np.flatnonzero(parts == fold)
            with stage_folder(folder) as out:
                _write(data, meta, out, held=held, kept=_kept(data, meta, parts, fold))
    return folders


def fold_of_each(data: Path, meta: StreamMeta, *, count: int, seed: int) -> Ints:
    """Return the fold of each training sample, shape ``(sample,)``."""
    samples = _own(data, "train")
    number = meta.counts["train"]
    groups = samples["group"].drop_nulls().n_unique()
    generator = np.random.default_rng(seed)
    if groups >= count:
        codes = samples["group"].fill_null("").rank("dense").to_numpy().astype(np.int64) - 1
        return np.asarray(generator.permutation(int(codes.max()) + 1)[codes] % count, np.int64)
    if _overlaps(meta):
        rank = np.argsort(np.argsort(_array(data, f"starts{KEPT}"), kind="stable"), kind="stable")
        return np.asarray(rank * count // number, np.int64)
    order = generator.permutation(number)
    if meta.head == "classify":
        order = order[np.argsort(_array(data, f"targets{KEPT}")[order], kind="stable")]
    folds = np.empty(number, np.int64)
    folds[order] = np.arange(number) % count
    return folds


def _overlaps(meta: StreamMeta) -> bool:
    """Whether samples are windows of one series, which share steps."""
    return meta.kind == "series" and not meta.ragged


def _kept(data: Path, meta: StreamMeta, parts: Ints, fold: int) -> Ints:
    """Return the training samples of a fold: the others, without windows that share a step with those held out."""
    others = parts != fold
    if _overlaps(meta):
        starts, reach = _array(data, f"starts{KEPT}"), meta.window + meta.horizon
        held = np.sort(starts[parts == fold])
        place = np.searchsorted(held, starts)
        before = starts - held[np.maximum(place - 1, 0)]
        after = held[np.minimum(place, len(held) - 1)] - starts
        near = ((place > 0) & (before < reach)) | ((place < len(held)) & (after < reach))
        others &= ~near
    return np.flatnonzero(others)


def _write(data: Path, meta: StreamMeta, out: Path, *, held: Ints, kept: Ints) -> None:
    names = json.loads((data / MANIFEST).read_text(encoding="utf-8"))["files"]
    for name in names:
        if name.endswith(KEPT):
            array = _array(data, name)
            np.save(out / name, array[kept])
            np.save(out / name.replace(KEPT, "_test.npy"), array[held])
        elif name.endswith(("_test.npy", "report.json")) or name in ("samples.parquet", "meta.json"):
            continue
        else:
            linked(verified(data, name), out / name)
    _write_samples(data, out, held=held, kept=kept)
    counts = {**meta.counts, "train": len(kept), "test": len(held)}
    classes = meta.class_counts
    if meta.head == "classify":
        classes = tuple(
            np.bincount(_array(data, f"targets{KEPT}")[kept], minlength=len(meta.classes)).tolist()
        )
    changed = meta.model_copy(update={"counts": counts, "class_counts": classes})
    write_json(changed.model_dump(mode="json"), out / "meta.json")


def _write_samples(data: Path, out: Path, *, held: Ints, kept: Ints) -> None:
    ids = _array(data, f"ids{KEPT}")
    train = _own(data, "train")
    parts = list(_named(train, ids, {"train": kept, "test": held}))
    write_table(pl.concat([*parts, _own(data, "val")]), out / "samples.parquet")


def _named(train: pl.DataFrame, ids: Ints, parts: dict[str, Ints]) -> Iterator[pl.DataFrame]:
    for split, positions in parts.items():
        chosen = train.filter(pl.col("sample_id").is_in(ids[positions].tolist()))
        yield chosen.with_columns(split=pl.lit(split).cast(train["split"].dtype))


def _own(data: Path, split: str) -> pl.DataFrame:
    return pl.read_parquet(verified(data, "samples.parquet")).filter(pl.col("split") == split)


def _array(data: Path, name: str) -> Ints:
    return read_array(verified(data, name))
