"""Which source reads what lies at a path, found by looking at names."""

import difflib
import glob
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from pipeline.foundation.addresses import holds_password, refusal, shown
from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources.config import SourceConfig
from pipeline.sources.config_tables import is_database
from pipeline.sources.places.listing import matching

SUFFIXES = {
    "csv": (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".data"),
    "parquet": (".parquet", ".pq", ".arrow", ".feather"),
    "jsonl": (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"),
    "npz": (".npz",),
    "ucr": (".ts",),
    "wfdb": (".hea",),
    "audio": (".wav", ".flac", ".ogg"),
    "video": (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v"),
    "volumes": (".nii", ".nii.gz", ".npy"),
    "folder": (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm"),
}
"""Kind of source → how its files end."""

NOUNS = {
    "csv": "text tables", "parquet": "Parquet files", "jsonl": "JSON Lines files", "npz": "archives",
    "ucr": "UCR/UEA files", "wfdb": "WFDB records", "audio": "recordings", "video": "films",
    "volumes": "volumes", "folder": "images",
}  # fmt: skip
SHOWN = 5
Found = tuple[SourceConfig, str]


def source_for(data: str | None, said: dict[str, Any]) -> Found:
    """Return the source that reads ``data``, and why that one.

    Args:
        data: Path or URL; None: the digits of scikit-learn.
        said: Settings of the section ``sources`` that the user gave; a ``kind`` among them decides.

    Raises:
        DataError: Nothing is there, or nothing known.
        ConfigError: The settings do not fit the kind.
    """
    if data is None and "kind" in said:
        return _source(str(said["kind"]), None, said, "as the settings say")
    if data is None:
        return _source("digits", None, said, "no --data given: the digits that arrive with scikit-learn")
    if "://" in data:
        return _behind_url(data, said)
    path = Path(data).expanduser().absolute()
    if is_pattern(data):
        return _of_pattern(str(path), said)
    if not path.exists():
        raise DataError(f"--data {data} does not exist; {_nearby(path)}")
    path = _unwrapped(path)
    if "kind" in said:
        return _source(str(said["kind"]), str(path), said, "as the settings say")
    kind, reason = _of_file(path) if path.is_file() else _of_folder(path)
    return _source(kind, str(path), said, reason)


def _source(kind: str, path: str | None, said: dict[str, Any], reason: str) -> Found:
    tree = {"kind": kind, **({"path": path} if path and kind != "joined" else {}), **said}
    if kind == "frames" and "target_pattern" not in said and "labels" not in said:
        tree["target_pattern"] = "^([^/]+)/"
    try:
        return TypeAdapter[SourceConfig](SourceConfig).validate_python(tree), reason
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(str(part) for part in detail["loc"][1:])
        said_what = detail["msg"].removeprefix("Value error, ")
        raise ConfigError(f"sources.{where or 'kind'} (sources.kind={kind}): {said_what}") from None


def _behind_url(url: str, said: dict[str, Any]) -> Found:
    parts = urlsplit(url)
    if holds_password(url):
        raise DataError(refusal("--data"))
    if "kind" in said:
        return _source(str(said["kind"]), url, said, "as the settings say")
    if is_database(url):
        if "query" not in said:
            raise DataError(
                f"--data {shown(url)} is a database; say what to read with -S sources.query=QUERY"
            )
        return _source("sql", url, said, "the URL is a database")
    for kind, suffixes in SUFFIXES.items():
        if parts.path.lower().endswith(suffixes):
            return _source(kind, url, said, f"the URL ends like {NOUNS[kind]}")
    raise DataError(
        f"--data {shown(url)}: its name does not say what it is; say -S sources.kind=csv (or another kind)"
    )


def is_pattern(data: str) -> bool:
    """Return whether ``data`` is a pattern of names, and no file or folder of that very name."""
    return "://" not in data and glob.has_magic(data) and not Path(data).expanduser().exists()


def _of_pattern(pattern: str, said: dict[str, Any]) -> Found:
    """Return the source for all files that a pattern finds; the first of them tells its kind.

    Raises:
        DataError: It finds none, or of no known kind.
    """
    names = matching(Path("/"), pattern)[1]
    if not names:
        raise DataError(f"--data {pattern} finds no file; {_nearby(Path(pattern))}")
    if "kind" in said:
        return _source(str(said["kind"]), pattern, said, "as the settings say")
    kind, _ = _of_file(Path(names[0]))
    return _source(kind, pattern, said, f"the pattern finds {len(names):,} {NOUNS[kind]}")


def _of_file(path: Path) -> tuple[str, str]:
    name = path.name.lower()
    reasons = {
        "parquet": "the file ends in .parquet",
        "npz": "the file is a NumPy archive",
        "csv": "the file is a text table",
    }
    for kind, suffixes in SUFFIXES.items():
        if name.endswith(suffixes):
            return kind, reasons.get(kind, f"the file ends like {NOUNS[kind]}")
    raise DataError(
        f"--data {path.name}: known are .csv, .tsv, .txt, .jsonl (also .gz), .parquet, .npz, .ts, .hea, .wav, .flac, "
        f".mp4, .avi, .nii, .npy, and folders of these, of images, or of IDX files"
    )


def _of_folder(path: Path) -> tuple[str, str]:
    names = [
        file.relative_to(path) for file in path.rglob("*") if file.is_file() and not file.name.startswith(".")
    ]
    low = [name.name.lower() for name in names]
    if any("-images-idx3-ubyte" in name for name in low):
        return "idx", "the folder holds IDX files"
    counts = {kind: sum(name.endswith(ends) for name in low) for kind, ends in SUFFIXES.items()}
    if counts["wfdb"]:  # beside each header lie files of other names
        return "wfdb", f"the folder holds {counts['wfdb']:,} WFDB records"
    most = max(counts, key=lambda kind: counts[kind])
    if not counts[most]:
        raise DataError(
            f"--data {path}: the folder holds no images, tables, recordings, films, volumes or IDX files; it holds "
            f"{', '.join(sorted(low)[:SHOWN]) or 'no files'}"
        )
    if most == "folder":
        pictures = [name for name in names if name.name.lower().endswith(SUFFIXES["folder"])]
        return _of_pictures(pictures)
    return most, f"the folder holds {counts[most]:,} {NOUNS[most]}" + (
        ", read as one table" if most in ("csv", "parquet", "jsonl") else ""
    )


def _of_pictures(names: list[Path]) -> tuple[str, str]:
    """Tell image sequences, numbered frames in a folder per clip below a folder per class, from single images."""
    deep = [name for name in names if len(name.parts) >= 3]
    numbered = [name for name in deep if re.search(r"\d+$", name.stem)]
    clips = {name.parent for name in numbered}
    classes = {name.parts[-3] for name in numbered}
    if len(classes) > 1 and len(numbered) > 0.9 * len(names) and len(numbered) >= 5 * len(clips):
        return "frames", f"the folder holds {len(clips):,} folders of numbered frames, in class folders"
    inside = sum(len(name.parts) > 1 for name in names)
    return "folder", f"the folder holds {inside:,} images in class folders"


def _unwrapped(path: Path) -> Path:
    """Return the only folder in a folder: an archive unpacked into a folder of its own."""
    while path.is_dir():
        entries = [entry for entry in path.iterdir() if not entry.name.startswith(".")]
        if len(entries) != 1 or not entries[0].is_dir():
            return path
        path = entries[0]
    return path


def _nearby(path: Path) -> str:
    """Return what the user may have meant: names beside ``path`` that could be data, the nearest first."""
    parent = Path(os.path.normpath(path.parent))
    if not parent.is_dir():
        return f"nor does the folder {parent}"
    known = tuple(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
    beside = [entry for entry in parent.iterdir() if not entry.name.startswith(".")]
    names = sorted(entry.name for entry in beside if entry.is_dir() or entry.name.lower().endswith(known))
    nearest = sorted(names, key=_likeness(path.name.lower()), reverse=True)[:SHOWN]
    return (
        f"{parent} holds {', '.join(nearest)}"
        if nearest
        else f"{parent} holds no tables, archives or folders"
    )


def _likeness(wanted: str) -> Callable[[str], float]:
    alike = difflib.SequenceMatcher(b=wanted)

    def likeness(name: str) -> float:
        alike.set_seq1(name.lower())
        return alike.ratio()

    return likeness
