"""A table of labels in or beside a folder of pictures: find it, tell its columns, and leave out masks."""

import glob
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.foundation.errors import DataError
from pipeline.proposal.choice import Choice
from pipeline.proposal.looked import Looked
from pipeline.sources.config import FolderConfig
from pipeline.sources.payload.pixels import SUFFIXES
from pipeline.sources.places.labels import best_key, label_cells
from pipeline.sources.places.listing import Listing, readable

TABLES = (".csv", ".tsv")
MOST_TABLES = 20
LARGEST = 64 << 20
MOSTLY = 0.9
"""A table is one of labels where it names so many of the files …"""

USED = 0.5
"""… and so many of its rows are of them."""

CLASS_NAMES = ("class", "classes", "label", "labels", "target", "category", "diagnosis", "dx")
GLANCE = 8


@dataclass(frozen=True)
class _Fit:
    """How a table names files."""

    table: Path
    header: list[str]
    rows: list[list[str]]
    column: int
    parts: dict[tuple[str, str], list[str]]
    """Folder and ending → files that it names."""

    twice: bool
    """Whether one row is of files in several parts."""


def from_labels(source: FolderConfig, listing: Listing, kind: Choice) -> Looked | None:
    """Return the source with a table of labels: that of the settings, or one that surely is; None: there is none.

    Raises:
        DataError: The table names the files, and nothing says which column holds the class.
    """
    tables = [Path(source.labels)] if source.labels else list(_near(listing.root))
    fits = [fit for table in tables if (fit := _fit(table, source, listing.names)) is not None]
    if not fits:
        return None
    fit = max(fits, key=lambda found: sum(map(len, found.parts.values())))
    target = _target(fit, source)
    kept, choices = source, []
    files = sum(map(len, fit.parts.values()))
    if fit.twice:
        (folder, suffix), files = _pictures(listing.root, fit.parts)
        pattern = f"{glob.escape(folder)}/*{suffix}" if folder else f"*{suffix}"
        kept = source.model_copy(update={"path": f"{glob.escape(str(listing.root))}/{pattern}"})
        choices.append(Choice("sources.path", pattern, _why_these(fit, (folder, suffix))))
    named = {
        "labels": str(fit.table.absolute()), "label_file": fit.header[fit.column], "label_target": target,
    }  # fmt: skip
    reason = f"its column {fit.header[fit.column]!r} names {files:,} files; the class is in {target!r}"
    choices.append(Choice("sources.labels", fit.table.name, reason))
    return Looked(kept.model_copy(update=named), (_counted(kind, files), *choices))


def _counted(kind: Choice, files: int) -> Choice:
    return Choice(kind.setting, kind.value, f"{files:,} images, and a table with their classes")


def _near(root: Path) -> Iterator[Path]:
    """Yield tables in the folder, in those right below it, and beside it."""
    found = [
        path
        for folder in (root, *sorted(entry for entry in root.iterdir() if entry.is_dir()), root.parent)
        for path in sorted(folder.iterdir())
        if path.name.lower().endswith(TABLES) and path.is_file() and path.stat().st_size <= LARGEST
    ]
    yield from found[:MOST_TABLES]


def _fit(table: Path, source: FolderConfig, names: Sequence[str]) -> _Fit | None:
    try:
        header, *rows = label_cells(table)
    except DataError:
        return None  # of a table that the settings name, the source tells
    header = [name.strip() for name in header]
    if len(header) < 2 or len(set(header)) < len(header):
        return None
    parts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in names:
        suffix = next(end for end in SUFFIXES if name.lower().endswith(end))
        parts[name.rpartition("/")[0], name[len(name) - len(suffix) :]].append(name)
    wanted = [header.index(source.label_file)] if source.label_file in header else range(len(header))
    fits = [_by(table, header, rows, at, parts) for at in wanted]
    known = [fit for fit in fits if fit.parts]
    return max(known, key=lambda fit: sum(map(len, fit.parts.values())), default=None)


def _by(
    table: Path,
    header: list[str],
    rows: list[list[str]],
    column: int,
    parts: dict[tuple[str, str], list[str]],
) -> _Fit:
    keys = [readable(row[column].strip()) for row in rows]
    named, seen, twice = {}, set[str](), False
    for part, names in parts.items():
        key = best_key(keys, names, SUFFIXES)
        here = {key(name) for name in keys}
        found = {key(name) for name in names} & here
        if len(found) >= MOSTLY * len(names) and len(found) >= USED * len(here):
            named[part] = names
            twice |= bool(seen & found)
            seen |= found
    return _Fit(table, header, rows, column, named, twice)


def _target(fit: _Fit, source: FolderConfig) -> str:
    """Return the column with the class.

    Raises:
        DataError: Several may be it.
    """
    if source.label_target is not None:
        return source.label_target
    free = [at for at in range(len(fit.header)) if at != fit.column]
    free = [at for at in free if len({row[at].strip() for row in fit.rows}) > 1] or free
    words = [at for at in free if set(fit.header[at].lower().replace("_", " ").split()) & set(CLASS_NAMES)]
    best = next((few for few in (free, words) if len(few) == 1), None)
    if best is None:
        raise DataError(
            f"{fit.table.name} names the files in its column {fit.header[fit.column]!r}, and several others may hold "
            f"the class ({', '.join(fit.header[at] for at in free[:8])}); say which with -S sources.label_target=NAME"
        )
    return fit.header[best[0]]


def _pictures(root: Path, parts: dict[tuple[str, str], list[str]]) -> tuple[tuple[str, str], int]:
    """Return the part with the most shades, and its size: masks have few."""
    best = max(parts, key=lambda part: _shades(root, parts[part]))
    return best, len(parts[best])


def _shades(root: Path, names: Sequence[str]) -> float:
    counts = []
    for name in names[:: max(1, len(names) // GLANCE)][:GLANCE]:
        try:
            with Image.open(root / name) as picture:
                counts.append(len(np.unique(np.asarray(picture.convert("L")))))
        except (OSError, ValueError, Image.DecompressionBombError):
            continue
    return float(np.median(counts)) if counts else 0.0


def _why_these(fit: _Fit, chosen: tuple[str, str]) -> str:
    others = [f"{folder}/*{suffix}".removeprefix("/") for folder, suffix in fit.parts]
    left = ", ".join(name for name, part in zip(others, fit.parts, strict=True) if part != chosen)
    return f"{left} has the same names and fewer shades, like masks"
