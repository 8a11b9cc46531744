"""Which snapshot the settings name, and letting them name another one."""

import re
from pathlib import Path

from pipeline.config import Config
from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import ConfigError
from pipeline.foundation.files import write_atomically
from pipeline.params import read_config
from pipeline.sources.taken import texts

RAW = Path("data") / "raw"
POINTING = ("dvc.yaml", "params.yaml")
"""Files that name the snapshot in use, in the order in which they are changed."""


def snapshot_in_use(config: Config) -> Path:
    """Return ``data/raw/NAME/AS_OF`` of what the source reads.

    Raises:
        ConfigError: It reads something else.
    """
    for text in texts(config.sources.model_dump(mode="json")):
        path = Path(text)
        if path.is_relative_to(RAW) and len(path.parts) > 3 and ".." not in path.parts:
            return Path(*path.parts[:4])
    raise ConfigError(
        f"flow.new_data={shown(config.flow.new_data or '')} brings dated snapshots, and sources reads none below "
        f"data/raw/NAME/DATE; `convoy init DIR --data FILE` makes a project that does"
    )


def pointed(text: str, old: Path, new: Path) -> str:
    """Return YAML with every path below ``old`` below ``new``; the rest of it stays as it was laid out.

    A path may be spelt with ``./`` before it, and with more than one ``/`` between its parts.
    """
    between = r"/+(?:\./+)*"
    spelt = between.join(re.escape(part) for part in old.parts)
    return re.sub(rf"(?<![\w./-])(?:\.{between})?{spelt}(?![\w.-])", new.as_posix(), text)


def require_pointed(project: Path, folder: Path) -> None:
    """Look whether the settings name ``folder`` now.

    Raises:
        ConfigError: They do not, so the stages would go on reading another one.
    """
    config = read_config(project / "params.yaml")
    if (used := snapshot_in_use(config)) != folder:
        raise ConfigError(
            f"params.yaml still names the snapshot {used} after it was told to name {folder}; spell the path in "
            f"sources as `{used.as_posix()}/…`, so that it can be exchanged"
        )


def point_at(project: Path, old: Path, new: Path) -> None:
    """Let the settings and stages name the snapshot ``new``.

    Raises:
        ConfigError: Their spelling of ``old`` is not understood.
    """
    for name in POINTING:
        text = (project / name).read_text(encoding="utf-8")
        if (changed := pointed(text, old, new)) != text:
            write_atomically(changed, project / name)
    require_pointed(project, new)
