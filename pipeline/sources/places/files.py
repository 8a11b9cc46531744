"""Find the files that ``sources.path`` means."""

import difflib
from pathlib import Path

from pipeline.foundation.errors import DataError

SHOWN = 5


def existing(project: Path, path: str) -> Path:
    """Return the path that ``sources.path`` means; what lies behind a URL is fetched first.

    Raises:
        DataError: Nothing is there; the message names the nearest name in that folder.
    """
    if "://" in path:
        from pipeline.sources.places.remote import local_path

        return local_path(path, project)
    full = project / Path(path).expanduser()
    if not full.exists():
        raise DataError(f"sources.path={path} does not exist{_nearest(full)}")
    return full


def shown_names(folder: Path) -> str:
    """Return the first names in ``folder`` as a list for a sentence; hidden files are none of the user's data."""
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return (", ".join(names[:SHOWN]) or "nothing") + more


def _nearest(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f": there is no folder {folder}"
    names = sorted(entry.name for entry in folder.iterdir())
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
    return f"; did you mean {folder / near[0]}?" if near else f"; {folder} holds {shown_names(folder)}"
