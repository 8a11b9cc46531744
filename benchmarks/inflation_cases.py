"""What ``benchmarks/inflation.py`` measures on: data sets with something that a random split tears apart."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from pipeline.leakage.twins import image_twins

SIDE, PATCH = 128, 32


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    name: str
    torn: str
    """What a random split tears apart."""

    data_set: str
    settings: tuple[str, ...]
    """For ``convoy init -S``, over those of the catalogue."""

    safe: str
    """Kind of the safe split."""

    folds: int = 0
    """Groups that are left out in turn, where the safe split leaves one out."""

    made: Callable[[Path, Path], None] | None = None
    """Writes the data to the second folder out of the data set in the first; None: they are taken as they are."""

    scorers: tuple[str, ...] = ("logistic", "nearest")


def patches(data_set: Path, folder: Path) -> None:
    """Cut every brain scan into 16 patches, as slides are cut; copies of a scan are one patient."""
    files = sorted(path for path in data_set.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    scans = np.stack([np.asarray(Image.open(file).convert("L").resize((SIDE, SIDE))) for file in files])
    for number, (file, scan, patient) in enumerate(zip(files, scans, image_twins(scans, 0.9), strict=True)):
        place = folder / file.parent.name
        place.mkdir(parents=True, exist_ok=True)
        for step in range((SIDE // PATCH) ** 2):
            row, column = divmod(step, SIDE // PATCH)
            patch = scan[row * PATCH : (row + 1) * PATCH, column * PATCH : (column + 1) * PATCH]
            Image.fromarray(patch).save(place / f"p{patient:03}_{number:03}_{step:02}.png")


def frames(data_set: Path, folder: Path) -> None:
    """Take every fourth frame of the signs as a picture of its own, as many do with films."""
    for file in sorted(data_set.glob("images/*/*.jpg")):
        number = int("".join(letter for letter in file.stem if letter.isdigit()))
        if number % 4 == 0:
            place = folder / file.stem[0]
            place.mkdir(parents=True, exist_ok=True)
            Image.open(file).save(place / f"{file.parent.name}_{number:03}.png")


def posts(data_set: Path, folder: Path) -> None:
    """Put the sentiments with fewer than 15 posts together: a random split would leave some without training."""
    table = pl.read_csv(next(data_set.glob("*.csv")))
    sentiment = pl.col("Sentiment").str.strip_chars()
    table = table.with_columns(
        Sentiment=pl.when(sentiment.count().over(sentiment) >= 15).then(sentiment).otherwise(pl.lit("other"))
    )
    folder.mkdir(parents=True)
    table.select("Text", "Sentiment").write_csv(folder / "posts.csv")


CASES = (
    Case(
        "social_media_sentiments", "repeated posts", "social_media_sentiments",
        ("sources.kind=csv", "sources.rows=samples", "sources.text=Text", "sources.target=Sentiment"),
        "stratified", made=posts,
    ),
    Case("brain_mri", "byte-identical copies and files saved again", "brain_mri", (), "stratified"),
    Case(
        "brain_mri in patches", "patches of one scan", "brain_mri",
        ("sources.group_pattern=(p\\d+)_\\d+_\\d+\\.png$", "preprocessing.height=16", "preprocessing.width=16"),
        "group", made=patches,
    ),
    Case("fsdd", "speakers", "fsdd", (), "leave_one_out", folds=6),
    Case("asl_gesture_frames", "signers, in clips", "asl_gesture_frames", (), "leave_one_out", folds=2),
    Case(
        "asl_gesture_frames as pictures", "frames of one recording", "asl_gesture_frames",
        ("sources.group_pattern=([a-z]+)_\\d+\\.png$", "preprocessing.height=32", "preprocessing.width=32"),
        "leave_one_out", folds=2, made=frames,
    ),
    Case(
        "djia30_2006_2018", "days, seen through other shares and overlapping windows", "djia30_2006_2018",
        (
            "preprocessing.changed=[Close]", "heads.kind=classify",
            "preprocessing.direction=Close", "preprocessing.ahead=5", "preprocessing.window=20",
            "preprocessing.split.kind=time", "model.input_norm=none", "model.channels=together",
        ),
        "time",
    ),
)  # fmt: skip
