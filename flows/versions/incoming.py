"""What lies where new data come from."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from flows.versions.copying import Files, Taken, held_in
from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import ConfigError, DataError, PipelineError
from pipeline.foundation.words import plural
from pipeline.sources.places.below import files_below
from pipeline.sources.places.listing import readable
from pipeline.sources.places.remote import local_path

ASKED = Path(".convoy") / "asked"
"""Where the answer of a database lies until it is compared and copied."""

OWN = ("data", ".convoy", ".dvc")
"""Folders in which the project keeps what it made or took itself."""


class Incoming(NamedTuple):
    """What lies at the place of new data."""

    files: Files
    others: tuple[str, ...] = ()
    """Files that the source does not read; they are not looked at."""


def incoming_files(place: str, project: Path, current: Path, taken: Taken = list) -> Incoming:
    """Return the files at ``place``, by the names that they have in a snapshot.

    One file takes the name of the one in the current snapshot, which the settings know, whatever it is called today.

    Args:
        place: File, folder or URL; a path is relative to the project.
        project: The project.
        current: Its snapshot in use.
        taken: Those of the names in a folder that the source reads.

    Raises:
        ConfigError: The place holds, or lies in, what the project keeps itself.
        DataError: Nothing is there, something cannot be read, or it is one file where the snapshot is a folder of
            several.
        MachineError: A server cannot be reached.
    """
    here = place_here(place, project)
    root = _fetched(place, project) if here is None else here
    if root.is_dir():
        below = files_below(root)
        if not below:
            raise DataError(
                f"flow.new_data={shown(place)} is an empty folder; wait until files are there, or correct it"
            )
        found = {name: below[name] for name in taken(below)}
        others = tuple(name for name in below if name not in found)
        if not found:
            raise DataError(
                f"flow.new_data={shown(place)} holds no file that sources reads; it holds {told_of(others)}"
            )
        if gone := [name for name, path in found.items() if not path.exists()]:
            raise DataError(
                f"flow.new_data={shown(place)} holds {readable(gone[0])}, a link to nothing; mend or remove it"
            )
        return Incoming(found, others)
    if not root.is_file():
        raise DataError(f"flow.new_data={shown(place)} does not exist; bring it back, or correct the setting")
    names = sorted(held_in(current))
    if len(names) != 1:
        raise DataError(
            f"flow.new_data={shown(place)} is one file, and the snapshot {current} holds {len(names)}; name the folder "
            f"that they come from"
        )
    return Incoming({names[0]: root})


def told_of(names: Sequence[str]) -> str:
    """Return how many files these are, and the first of them."""
    return f"{plural(len(names), 'file')}, such as {readable(names[0])}"


def place_here(place: str, project: Path) -> Path | None:
    """Return the path on this machine that ``flow.new_data`` names; None: it lies behind a URL.

    Raises:
        ConfigError: It holds, or lies in, what the project keeps itself; or its user is unknown.
    """
    path = unquote(urlsplit(place).path) if place.startswith("file://") else place
    if "://" in path:
        return None
    try:
        root = project / Path(path).expanduser()
    except RuntimeError:
        raise ConfigError(
            f"flow.new_data={shown(place)} names a user that this machine does not know"
        ) from None
    for name in OWN:
        own, real = Path(os.path.realpath(project / name)), Path(os.path.realpath(root))
        if real.is_relative_to(own) or own.is_relative_to(real):
            raise ConfigError(
                f"flow.new_data={shown(place)} and the project's own {name} lie one in the other, so a snapshot "
                f"would be new data of the next; name a place outside the project"
            )
    return root


def asked_answer(url: str, query: str, project: Path, current: Path) -> Files:
    """Ask a database and return its answer, by the name of the one file in the current snapshot.

    Args:
        url: The database.
        query: What it is asked.
        project: The project.
        current: Its snapshot in use.

    Raises:
        ConfigError: The snapshot is no Parquet file.
        DataError: The database does not answer, or there are no rows.
    """
    from pipeline.sources.answer import write_answer  # it brings Polars along

    names = sorted(held_in(current))
    if len(names) != 1 or not names[0].endswith(".parquet"):
        raise ConfigError(
            f"flow.new_query becomes one Parquet file, and the snapshot {current} holds {', '.join(names[:3])}; begin "
            f"with `convoy data query URL QUERY --to FILE.parquet` and `convoy init DIR --data FILE.parquet`"
        )
    place = project / ASKED / names[0]
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_answer(url, query, place, project)
    except PipelineError as error:
        told = str(error).replace("sources.path", "flow.new_data").replace("sources.query", "flow.new_query")
        raise type(error)(told) from error
    return {names[0]: place}


def _fetched(url: str, project: Path) -> Path:
    try:
        return local_path(url, project)
    except PipelineError as error:
        raise type(error)(str(error).replace("sources.path", "flow.new_data")) from error
