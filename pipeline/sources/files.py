"""Find the files that ``sources.path`` means."""

import difflib
import glob
from pathlib import Path

from pipeline.foundation.errors import DataError

SHOWN = 5


def existing(project: Path, path: str) -> Path:
    """Return the path that ``sources.path`` means.

    Raises:
        DataError: Nothing is there; the message names the nearest name in that folder.
    """
    full = project / Path(path).expanduser()
    if not full.exists():
        raise DataError(f"sources.path={path} does not exist{_nearest(full)}")
    return full


def matching_files(project: Path, path: str, suffixes: tuple[str, ...]) -> list[Path]:
    """Return the files that a file name, folder or glob pattern means, sorted by name.

    Raises:
        DataError: There is none.
    """
    full = project / Path(path).expanduser()
    if full.is_file():
        return [full]
    if full.is_dir():
        found = [file for file in full.rglob("*") if file.name.lower().endswith(suffixes)]
    elif glob.has_magic(path):
        found = [Path(name) for name in glob.glob(str(full), recursive=True)]
    else:
        raise DataError(f"sources.path={path} does not exist{_nearest(full)}")
    files = sorted(file for file in found if file.is_file())
    if not files:
        raise DataError(
            f"sources.path={path} matches no file that ends in {', '.join(suffixes)}; "
            f"give a file, a folder or a pattern such as prices/*.csv"
        )
    return files


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
