"""Downloads that go on where they were broken off, and count only when their hash is right."""

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipeline.foundation.errors import DataError, MachineError
from pipeline.sources.catalogue.entry import Entry
from pipeline.sources.catalogue.resume import Refused, Resuming, Wrong

if TYPE_CHECKING:
    from pipeline.sources.catalogue.entry import PublicFile

AGAIN = 3
CACHE_VARIABLE = "CONVOY_CACHE"


def cache_folder() -> Path:
    """Return where unfinished downloads wait: ``CONVOY_CACHE``, or the user's folder for caches."""
    import pooch

    return Path(os.environ.get(CACHE_VARIABLE) or pooch.os_cache("convoy"))


def download(entry: Entry, folder: Path, *, on_progress: Callable[[str], None]) -> None:
    """Move every public file of ``entry`` into ``folder``.

    They are collected in the cache, where a download that breaks off waits for the next call, and leave
    it together.

    Raises:
        DataError: No public address holds the set, or what came is not what the catalogue lists.
        MachineError: The server cannot be reached, or does not have the file.
    """
    if not entry.public_files:
        raise DataError(
            f"{entry.name} has no public address with these bytes ({entry.derived}): put a mirror that holds it into "
            f"CONVOY_DATA_MIRROR, or begin with the original at {entry.home}"
        )
    waiting = cache_folder() / "downloads" / entry.name
    for file in entry.public_files:
        _collect(file, entry, waiting, on_progress=on_progress)
    for file in entry.public_files:
        target = folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(waiting / file.name, target)
    shutil.rmtree(waiting, ignore_errors=True)


def _collect(file: "PublicFile", entry: Entry, waiting: Path, *, on_progress: Callable[[str], None]) -> None:
    import pooch
    import requests

    pooch.get_logger().setLevel(logging.ERROR)
    store: Any = pooch.create(
        path=waiting,
        base_url="",
        registry={file.name: f"sha256:{file.sha256}"},
        urls={file.name: file.url},
        retry_if_failed=AGAIN,
    )
    part = waiting / f".{file.sha256}.part"
    resuming = Resuming(part, file.sha256, most_bytes=file.size or entry.size, on_progress=on_progress)
    try:
        store.fetch(file.name, downloader=resuming)
    except Refused as refused:
        raise MachineError(
            f"{urlsplit(file.url).hostname} answers {refused} for {file.url}; read about {entry.name} at {entry.home}"
        ) from refused
    except Wrong as wrong:
        raise DataError(
            f"{file.url} is not the file of the catalogue: its SHA-256 is not {file.sha256[:12]}…; its owner may have "
            f"changed it, or something between here and there does"
        ) from wrong
    except requests.RequestException as error:
        raise MachineError(
            f"{urlsplit(file.url).hostname} cannot be reached for {file.name} of {entry.name} "
            f"({type(error).__name__}); what has come is kept: try again, or name a folder that holds the data sets in "
            f"CONVOY_DATA_MIRROR"
        ) from error
