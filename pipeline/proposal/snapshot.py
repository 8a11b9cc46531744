"""Take the user's files into the project, and point the settings at the copies."""

import os
import re
import shutil
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.foundation.errors import DataError
from pipeline.proposal.source import is_pattern
from pipeline.sources.places.below import files_below
from pipeline.sources.places.listing import matching
from pipeline.sources.places.no_data import is_no_data

NOT_SAFE = re.compile(r"[^\w.-]+")
"""What a name in ``data/raw`` may not hold: ``${`` has a meaning for DVC, others have one for YAML or a shell."""


def root_of(data: str | Path) -> Path:
    """Return the file or folder that ``data`` means; of a pattern the folder above its first wildcard."""
    path = Path(data).expanduser()
    return matching(Path.cwd(), str(path))[0] if is_pattern(str(data)) else path


def take(folder: Path, data: str | Path, config: Config) -> tuple[Path, Config]:
    """Copy the data into ``data/raw/NAME/DATE/``, which is added to and never changed.

    Args:
        folder: The project.
        data: File, folder or pattern; of a pattern only what it finds is copied, of a folder no locks and hidden files.
        config: Its settings, with absolute paths. A table of labels that lies elsewhere is copied, too.

    Raises:
        DataError: A file cannot be read.

    Returns:
        The copy, and the settings with the paths in it, relative to the project.
    """
    root = root_of(data)
    names = matching(Path.cwd(), str(Path(data).expanduser()))[1] if is_pattern(str(data)) else None
    copy = _copied(folder, root.resolve(), names)
    moved = _moved(config, str(root.absolute()), copy.relative_to(folder).as_posix())
    labels = getattr(moved.sources, "labels", None)
    if not isinstance(labels, str) or not Path(labels).is_absolute():
        return copy, moved
    beside = _free(copy if copy.is_dir() else copy.parent, safe_name(Path(labels).name))
    shutil.copyfile(labels, beside)
    return copy, _moved(moved, labels, beside.relative_to(folder).as_posix())


def safe_name(name: str) -> str:
    """Return ``name`` with everything but letters, digits, dots, dashes and underscores made an underscore."""
    return NOT_SAFE.sub("_", name)


def _copied(folder: Path, root: Path, names: Sequence[str] | None) -> Path:
    name = safe_name(root.name)
    home = folder / "data" / "raw" / (name.split(".")[0] or "data") / date.today().isoformat()
    home.parent.mkdir(parents=True)
    if names is None and root.is_dir():
        names = [name for name in files_below(root) if not is_no_data(name)]
    if names is not None:
        _copy_all(root, names, home)
        return home
    home.mkdir()
    shutil.copyfile(root, home / name)
    return home / name


def _copy_all(root: Path, names: Sequence[str], home: Path) -> None:
    failed = []
    for name in names:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(root / name, home / name)
        except OSError as error:
            failed.append((str(root / name), error.strerror or str(error)))
    if failed:
        raise _not_copied(root, failed)


def _not_copied(root: Path, failed: Sequence[tuple[str, str]]) -> DataError:
    path, reason = failed[0]
    return DataError(
        f"{len(failed):,} files below {root} cannot be copied into the project, such as "
        f"{os.path.relpath(path, root)!a} ({reason}); mend or remove them"
    )


def _free(folder: Path, name: str) -> Path:
    path = folder / name
    while path.exists():
        path = path.with_name(f"labels_{path.name}")
    return path


def _moved(config: Config, old: str, new: str) -> Config:
    """Return ``config`` with every path that begins with ``old`` beginning with ``new``.

    ``flow`` stays: what it names is where new data will come from, and a copy never grows.
    """
    settings = config.model_dump(mode="json")
    moved = _each(settings, lambda text: _at(text, old, new))
    return Config.model_validate({**moved, "flow": settings["flow"]})


def _at(text: str, old: str, new: str) -> str:
    return new + text.removeprefix(old) if text == old or text.startswith(f"{old}/") else text


def _each(node: Any, change: Callable[[str], str]) -> Any:
    if isinstance(node, str):
        return change(node)
    if isinstance(node, dict):
        return {key: _each(value, change) for key, value in node.items()}
    return [_each(value, change) for value in node] if isinstance(node, list) else node
