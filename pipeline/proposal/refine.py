"""A look into the files behind a source: tables of labels, films cut into frames, tables without a header."""

from pathlib import Path
from typing import Any

from pipeline.foundation.errors import DataError
from pipeline.proposal.choice import Choice
from pipeline.proposal.header import from_first_line
from pipeline.proposal.labelled import from_labels
from pipeline.proposal.looked import Looked
from pipeline.proposal.runs import from_runs, runs_of
from pipeline.sources.config import CsvConfig, FolderConfig, SourceConfig
from pipeline.sources.payload.pixels import SUFFIXES
from pipeline.sources.places.listing import listed
from pipeline.sources.places.meaning import SPLITS


def refined(source: SourceConfig, said: dict[str, Any], kind: Choice) -> Looked:
    """Return the source with what its files tell beyond their names.

    Args:
        source: As the names of the files tell it.
        said: The user's settings of the section ``sources``; what they decide is not looked for.
        kind: Why it is of this kind.

    Raises:
        DataError: A table of labels leaves open which column holds the class.
    """
    found = None
    if "://" not in str(getattr(source, "path", "://")):
        if isinstance(source, FolderConfig) and "target_pattern" not in said:
            found = _pictures(source, said, kind)
        if isinstance(source, CsvConfig) and "names" not in said:
            found = from_first_line(source, kind)
    return found or Looked(source, (kind,))


def _pictures(source: FolderConfig, said: dict[str, Any], kind: Choice) -> Looked | None:
    listing = listed(Path.cwd(), source.path, SUFFIXES)
    if "labels" in said:
        return from_labels(source, listing, kind)
    runs = {} if "kind" in said else runs_of(listing.names)
    found = from_runs(source, listing.root, runs, kind) if runs else None
    if found is not None or len(_class_folders(listing.names)) > 1:
        return found
    found = from_labels(source, listing, kind)
    if found is None and not _class_folders(listing.names):
        raise DataError(
            f"--data {source.path} holds {len(listing.names):,} images, such as {listing.names[0]}, and nothing tells "
            f"their classes: no class folders, no name before a number, and no table in or beside the folder whose "
            f"column holds the names of the files; name the table with -S sources.labels=FILE, or say where the class "
            f"stands in a name with -S sources.target_pattern=PATTERN"
        )
    return found


def _class_folders(names: list[str]) -> set[str]:
    """Return the first folders below the data, those that name a part of a split left out."""
    folders = set()
    for name in names:
        parts = name.split("/")[:-1]
        if len(parts) > 1 and parts[0].lower() in SPLITS:
            parts = parts[1:]
        folders |= set(parts[:1])
    return folders
