"""Data of any size for ``benchmarks/scale.py``: a CSV of readings, of samples or of texts, and a folder of images."""

import os
from pathlib import Path

import numpy as np
import polars as pl

CHANNELS = 8
MACHINES = 50
ROWS_AT_A_TIME = 200_000
MEGABYTE = 1_000_000
FIRST_MINUTE = 1_577_836_800
"""The first of January 2020, in seconds since 1970."""


def write_csv(path: Path, megabytes: float, kind: str) -> int:
    """Write a CSV of about that size piece by piece; return its rows."""
    rng = np.random.default_rng(0)
    make = PIECES[kind]
    trial = make(rng, 0, 10_000, per_machine=10_000).write_csv(include_header=False)
    rows = int(megabytes * MEGABYTE / (len(trial.encode()) / 10_000))
    per_machine = -(-rows // MACHINES)
    with path.open("wb") as file:
        for first in range(0, rows, ROWS_AT_A_TIME):
            count = min(ROWS_AT_A_TIME, rows - first)
            frame = make(rng, first, count, per_machine=per_machine)
            file.write(frame.write_csv(include_header=first == 0).encode())
        file.flush()
        os.fsync(file.fileno())
    return rows


def _readings(rng: np.random.Generator, first: int, count: int, *, per_machine: int) -> pl.DataFrame:
    """Return readings of machines a minute apart."""
    row = np.arange(first, first + count)
    minute = FIRST_MINUTE + 60 * (row % per_machine)
    daily = 20 * np.sin(2 * np.pi * (row % 1440) / 1440)
    values = daily[:, None] * np.arange(1, CHANNELS + 1) + rng.normal(size=(count, CHANNELS))
    return pl.DataFrame(
        {
            "machine": pl.Series(row // per_machine).cast(pl.String).str.zfill(3),
            "time": pl.Series(minute * 1_000_000).cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d %H:%M"),
            **_sensors(values),
        }
    )


def _sensors(values: np.ndarray) -> dict[str, np.ndarray]:
    return {f"sensor{number}": values[:, number].round(4) for number in range(CHANNELS)}


def _samples(rng: np.random.Generator, first: int, count: int, *, per_machine: int) -> pl.DataFrame:
    """Return rows of numbers and a word, each with a class."""
    label = rng.integers(0, 3, count)
    values = label[:, None] + rng.normal(size=(count, CHANNELS))
    return pl.DataFrame(
        {
            **_sensors(values),
            "colour": pl.Series(["red", "green", "blue", "grey"]).gather(rng.integers(0, 4, count)),
            "label": pl.Series(["good", "worn", "broken"]).gather(label),
        }
    )


def _texts(rng: np.random.Generator, first: int, count: int, *, per_machine: int) -> pl.DataFrame:
    """Return texts of 20 to 60 words, a few of them frequent as in a language, each with a class."""
    lengths = rng.integers(20, 61, count)
    words = pl.Series("text", np.minimum(rng.zipf(1.3, lengths.sum()), 50_000)).cast(pl.String)
    frame = pl.DataFrame(
        [("w" + words).alias("text"), pl.Series("row", np.repeat(np.arange(count), lengths))]
    )
    texts = frame.group_by("row", maintain_order=True).agg(pl.col("text").str.join(" "))["text"]
    return pl.DataFrame([texts, pl.Series("label", ["good", "bad"]).gather(rng.integers(0, 2, count))])


PIECES = {"windows": _readings, "table": _samples, "text": _texts}
"""What makes some rows of the CSV of each kind."""


def write_images(folder: Path, count: int) -> None:
    """Write that many pictures of 16 x 16 pixels, in a folder for each of two classes."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("bright", "dark"):
        (folder / name).mkdir(parents=True)
    for number in range(count):
        pixels = rng.integers(0, 128, (16, 16), dtype=np.uint8) + np.uint8(128 * (number % 2))
        place = folder / ("dark", "bright")[number % 2] / f"{number:07}.png"
        Image.fromarray(pixels).save(place)
