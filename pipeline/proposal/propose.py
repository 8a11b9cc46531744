"""From a path to a proposal: find out what kind of data lie there, and look at them."""

import difflib
import os
from dataclasses import replace
from pathlib import Path

from pipeline.foundation.errors import DataError
from pipeline.proposal.choice import Choice, Proposal, Wishes
from pipeline.proposal.images import propose_images
from pipeline.proposal.series import propose_series
from pipeline.quality.propose import propose_limit
from pipeline.sources import csv, folder, parquet
from pipeline.sources.config import (
    CsvConfig,
    DigitsConfig,
    FolderConfig,
    IdxConfig,
    NpzConfig,
    ParquetConfig,
    SourceConfig,
)

KNOWN = (*csv.SUFFIXES, *parquet.SUFFIXES, ".npz")


def propose(data: Path | None, wishes: Wishes) -> Proposal:
    """Look at ``data`` and propose a project; paths in it are absolute. None: the digits of scikit-learn.

    Raises:
        DataError: The path is missing or of no known kind, or the data cannot be mined.
    """
    source, reason = source_for(data)
    kind = Choice("sources.kind", source.kind, reason)
    if isinstance(source, (CsvConfig, ParquetConfig)):
        proposal = propose_series(source, Path.cwd(), wishes)
    else:
        _refuse_columns(wishes)
        proposal = propose_images(source, Path.cwd())
    return _with_limit(replace(proposal, choices=(kind, *proposal.choices)))


def _with_limit(proposal: Proposal) -> Proposal:
    """Allow as many rows to be set aside as are bad today, and say so where that is more than usual."""
    quality = proposal.config.quality
    limit = propose_limit(proposal.table, quality.max_quarantined)
    if limit == quality.max_quarantined:
        return proposal
    choice = Choice(
        "quality.max_quarantined",
        f"{limit:g}",
        "so many rows are double, unreadable or without a target today",
    )
    config = proposal.config.model_copy(
        update={"quality": quality.model_copy(update={"max_quarantined": limit})}
    )
    return replace(proposal, config=config, choices=(*proposal.choices, choice))


def source_for(data: Path | None) -> tuple[SourceConfig, str]:
    """Return the source that reads ``data``, and why that one.

    Raises:
        DataError: Nothing is there, or nothing known.
    """
    if data is None:
        return DigitsConfig(), "no --data given: the digits that arrive with scikit-learn"
    path = data.expanduser().absolute()
    if not path.exists():
        raise DataError(f"--data {data} does not exist; {_nearby(path)}")
    if path.is_file():
        return _for_file(path)
    return _for_folder(path)


def _nearby(path: Path) -> str:
    """Return what the user may have meant: names beside ``path`` that could be data, the nearest first."""
    parent = Path(os.path.normpath(path.parent))
    if not parent.is_dir():
        return f"nor does the folder {parent}"
    beside = [entry for entry in parent.iterdir() if not entry.name.startswith(".")]
    names = sorted(entry.name for entry in beside if entry.is_dir() or entry.name.lower().endswith(KNOWN))
    alike = difflib.SequenceMatcher(b=path.name.lower())

    def likeness(name: str) -> float:
        alike.set_seq1(name.lower())
        return alike.ratio()

    nearest = sorted(names, key=likeness, reverse=True)[:5]
    return (
        f"{parent} holds {', '.join(nearest)}"
        if nearest
        else f"{parent} holds no tables, archives or folders"
    )


def _for_file(path: Path) -> tuple[SourceConfig, str]:
    name = path.name.lower()
    if name.endswith(parquet.SUFFIXES):
        return ParquetConfig(path=str(path)), "the file ends in .parquet"
    if name.endswith(".npz"):
        return NpzConfig(path=str(path)), "the file is a NumPy archive"
    if name.endswith(csv.SUFFIXES):
        return CsvConfig(path=str(path)), "the file is a text table"
    raise DataError(
        f"--data {path.name}: known are .csv, .tsv, .txt (also .gz), .parquet, .npz, a folder of class folders with "
        f"images, and a folder of IDX files"
    )


def _for_folder(path: Path) -> tuple[SourceConfig, str]:
    entries = [entry for entry in path.iterdir() if not entry.name.startswith(".")]
    if len(entries) == 1 and entries[0].is_dir():  # an archive unpacked into a folder of its own
        return _for_folder(entries[0])
    files = [file for file in path.rglob("*") if file.is_file()]
    names = [file.name.lower() for file in files]
    pictures = [
        file for file in files if file.suffix.lower() in folder.SUFFIXES and not file.name.startswith(".")
    ]
    placed = sum(file.parent != path for file in pictures)
    if any("-images-idx3-ubyte" in name for name in names):
        return IdxConfig(path=str(path)), "the folder holds IDX files"
    counts = {
        "images": len(pictures),
        "csv": sum(name.endswith(csv.SUFFIXES) for name in names),
        "parquet": sum(name.endswith(parquet.SUFFIXES) for name in names),
    }
    most = max(counts, key=lambda kind: counts[kind])
    if not counts[most]:
        raise DataError(
            f"--data {path}: the folder holds no images, tables or IDX files; it holds {_some(names)}"
        )
    if most == "images":
        return FolderConfig(path=str(path)), f"the folder holds {placed:,} images in class folders"
    why = f"the folder holds {counts[most]:,} {most} files, read as one table"
    return (CsvConfig(path=str(path)) if most == "csv" else ParquetConfig(path=str(path))), why


def _some(names: list[str]) -> str:
    return ", ".join(sorted(name for name in names if not name.startswith("."))[:5]) or "no files"


def _refuse_columns(wishes: Wishes) -> None:
    for option, value in vars(wishes).items():
        if value not in (None, False):
            said = f"--{option}" + ("" if value is True else f" {value}")
            raise DataError(
                f"{said} is for tables; in images the folder's name (or the archive's) is the target"
            )
