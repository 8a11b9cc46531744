"""What each sample holds, as numbers that are equal where samples are the same, or nearly."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.arrays import distinct
from pipeline.leakage.clusters import Ints, in_order
from pipeline.leakage.parts import Parts, batches, chosen, chosen_rows, content_columns, together
from pipeline.leakage.shingles import bare
from pipeline.leakage.texts import most_texts
from pipeline.leakage.thumbnails import thumbnails
from pipeline.leakage.twins import evenly_spaced, image_twins, series_twins, text_twins

MOST_BYTES = 256_000_000
"""Of texts, pixels or values held at once; of more, evenly spaced samples are compared."""

DISTINCT = 0.9
"""Where a smaller share of rows differs, equal ones are no sign of a copy."""

RUN = 12
"""Rows in a row that two series share only if one was copied from the other."""


@dataclass(frozen=True)
class Contents:
    """Which samples are the same."""

    exact: Ints
    """A number per sample; -1: nothing to compare."""

    near: Ints | None = None
    said: str = ""
    """How it was looked at, where not in full."""

    coarse: bool = False
    """Whether samples hold so little that many are the same by nature."""


def contents(parts: Parts, similarity: float) -> Contents:
    """Compare samples by what they hold: exactly in full, nearly as far as memory allows.

    Args:
        parts: The samples.
        similarity: From which likeness on samples are nearly the same.
    """
    match parts.kind:
        case "text":
            return _texts(parts, similarity)
        case "images" | "clips":
            return _images(parts, similarity)
        case "sound":
            return _sounds(parts, similarity)
        case "series":
            return _groups(parts, similarity) if parts.whole else _windows(parts)
        case _:
            return _rows(parts)


def _rows(parts: Parts) -> Contents:
    """Compare rows of a table by all columns but those that only name a row."""
    exact = _hashes(parts, content_columns(parts.table, parts.kind, parts.columns))
    # Within the parts: copies from one part to another must not make the samples look alike by nature.
    held = pl.DataFrame({"split": parts.keys["split"], "hash": exact}).filter(pl.col("hash") >= 0)
    return Contents(exact, said=parts.said_sample, coarse=held.n_unique() < DISTINCT * max(held.height, 1))


def _hashes(parts: Parts, columns: list[str], ids: Ints | None = None) -> Ints:
    """Return a number per sample, the same where all columns of its row are; rows are read piece by piece."""
    own = parts.keys["sample_id"].to_numpy() if ids is None else ids
    if not columns:
        return np.full(len(own), -1, np.int64)
    found = []
    for kept in chosen_rows(parts.table, columns, own):
        empty = pl.all_horizontal(pl.col(columns).is_null())
        found.append(
            kept.select("sample_id", empty.alias("empty"), kept.select(columns).hash_rows().alias("hash"))
        )
    table = pl.DataFrame({"sample_id": own}).join(
        together(found), on="sample_id", how="left", maintain_order="left"
    )
    known = (table["hash"].is_not_null() & ~table["empty"].fill_null(True)).to_numpy()
    return np.where(known, in_order(table["hash"].fill_null(0).to_numpy()), -1)


def _some(parts: Parts, bytes_each: float) -> tuple[Ints, str]:
    """Return the places of samples that fit into memory together, evenly spaced, and what to say of it."""
    count = parts.keys.height
    most = max(int(MOST_BYTES / max(bytes_each, 1)), 1_000)
    if count <= most:
        return np.arange(count), parts.said_sample
    return evenly_spaced(count, most), f" (looked at {most:,} of {count:,})"


def _texts(parts: Parts, similarity: float) -> Contents:
    empty = _bare_texts(parts)
    exact = np.where(empty, -1, _hashes(parts, ["text"]))
    chosen, said = _some(parts, MOST_BYTES / most_texts(_mean_bytes(parts, "text")))
    ids = parts.keys["sample_id"].to_numpy()[chosen]
    texts = pl.DataFrame({"sample_id": ids}).join(
        together(chosen_rows(parts.table, ["text"], ids)),
        on="sample_id",
        how="left",
        maintain_order="left",
    )
    near = np.where(empty[chosen], -1, text_twins(texts["text"], similarity))
    left = int(empty.sum())
    if left:
        said += f" (without {left:,} text{'s' if left > 1 else ''} of markup, addresses or mentions only)"
    return Contents(exact, _placed(near, chosen, parts), said)


def _bare_texts(parts: Parts) -> NDArray[np.bool_]:
    """Return which samples have a text that says nothing; two of these are no copies."""
    found = [
        kept.filter(bare(kept["text"]))["sample_id"]
        for kept in chosen_rows(parts.table, ["text"], parts.keys["sample_id"].to_numpy())
    ]
    return parts.keys["sample_id"].is_in(pl.concat(found).implode()).to_numpy()


def _mean_bytes(parts: Parts, column: str) -> float:
    head = next(batches(parts.table, [column], rows=1_000))[column]
    return float(head.str.len_bytes().mean() or 1)  # type: ignore[arg-type]


def _placed(clusters: Ints, chosen: Ints, parts: Parts) -> Ints:
    """Return clusters of the chosen samples for all; the others are -1."""
    placed = np.full(parts.keys.height, -1, np.int64)
    placed[chosen] = clusters
    return placed


def _images(parts: Parts, similarity: float) -> Contents:
    ids = middle_frames(parts) if parts.kind == "clips" else parts.keys["sample_id"].to_numpy()
    exact = _hashes(parts, ["image", "height", "width", "bands"], ids)
    chosen, said = _some(parts, 64 * 64)
    pixels, readable = thumbnails(parts, ids[chosen])
    near = np.where(readable, image_twins(pixels, similarity), -1)
    middle = " (the frame in the middle of each clip was compared)" if parts.kind == "clips" else ""
    return Contents(exact, _placed(near, chosen, parts), said + middle)


def middle_frames(parts: Parts) -> Ints:
    """Return the row of the frame in the middle of each clip."""
    frames = together(batches(parts.table, ["sample_id", "clip", "step"]))
    clips = frames.group_by(pl.col("clip").rle_id(), maintain_order=True).agg(
        pl.col("sample_id").first(), middle=pl.col("sample_id").get(pl.len() // 2)
    )
    joined = parts.keys.join(clips, on="sample_id", how="left", maintain_order="left")
    return joined.select(pl.col("middle").fill_null(pl.col("sample_id"))).to_series().to_numpy()


def _sounds(parts: Parts, similarity: float) -> Contents:
    exact = _hashes(parts, ["sound"])
    chosen, said = _some(parts, 64_000)
    ids = parts.keys["sample_id"].to_numpy()[chosen]
    courses: dict[int, np.ndarray] = {}
    for part in chosen_rows(parts.table, ["sound"], ids, rows=500):
        courses |= {number: _wave(sound) for number, sound in part.iter_rows()}
    near = series_twins([courses.get(number, np.zeros(2)) for number in ids.tolist()], similarity)
    silent = np.array([not courses.get(number, np.zeros(2)).any() for number in ids.tolist()])
    return Contents(exact, _placed(np.where(silent, -1, near), chosen, parts), said)


def _wave(sound: bytes | None) -> np.ndarray:
    """Return the first second or two of a recording, which tell two of them apart."""
    samples = np.frombuffer(sound or b"\0\0\0\0", "<i2")[:16_000]
    return samples.astype(np.float32)


def _groups(parts: Parts, similarity: float) -> Contents:
    """Compare whole groups; a series' rows stand together in the table."""
    chosen, said = _some(parts, 8.0 * max(parts.window, 1) * max(len(_channels(parts)), 1))
    channels = _channels(parts)
    names = parts.keys["group"].gather(chosen.tolist())
    wanted = names.unique().implode()
    found = [
        part.filter(pl.col("group").is_in(wanted)) for part in batches(parts.table, ["group", *channels])
    ]
    series = {
        str(key[0]): rows.select(channels).to_numpy()
        for key, rows in together(found).partition_by("group", as_dict=True, maintain_order=True).items()
    }
    rows = [series.get(name, np.zeros((2, len(channels)))) for name in names.to_list()]
    exact = series_twins(rows, 1.0)
    return Contents(
        _placed(exact, chosen, parts), _placed(series_twins(rows, similarity), chosen, parts), said
    )


def _channels(parts: Parts) -> list[str]:
    schema = pl.read_parquet_schema(parts.table)
    return [name for name in parts.values if schema[name].is_numeric()]


def _windows(parts: Parts) -> Contents:
    said = f" (the last {min(RUN, max(parts.window, 2))} rows of each window were compared)"
    return Contents(_runs(parts), said=parts.said_sample + said)


def _runs(parts: Parts) -> Ints:
    """Return a number for the rows at the end of each window, the same where the last 12 rows are equal throughout.

    A run in which the channels stand still half of the time is no sign of a copy, and is not compared.
    """
    channels, run = _channels(parts), min(RUN, max(parts.window, 2))
    ids = parts.keys["sample_id"]
    wanted = distinct(ids.to_numpy())
    found, tail = [], pl.DataFrame()
    for part in batches(parts.table, ["sample_id", "group", *channels]):
        frame = pl.concat([tail, part]) if tail.width else part
        hashed = frame.select("sample_id", "group", hash=frame.select(channels).hash_rows())
        same = pl.all_horizontal(pl.col("group").eq_missing(pl.col("group").shift(run - 1)))
        moves = pl.sum_horizontal(
            (pl.col("hash").shift(step) != pl.col("hash").shift(step + 1)).cast(pl.Int32)
            for step in range(run - 1)
        )
        lagged = hashed.select(
            "sample_id",
            kept=same & (moves >= run // 2),
            run=pl.struct(pl.col("hash").shift(step).alias(str(step)) for step in range(run)).hash(),
        )
        found.append(chosen(lagged[tail.height :].filter("kept"), wanted))
        tail = frame.tail(run - 1)
    table = pl.DataFrame({"sample_id": ids}).join(
        together(found), on="sample_id", how="left", maintain_order="left"
    )
    known = table["run"].is_not_null().to_numpy()
    return np.where(known, in_order(table["run"].fill_null(0).to_numpy()), -1)
