"""Which data are in use, and whether newer ones were refused."""

import json
import re
from pathlib import Path

from flows.runs.record import records
from flows.status.found import Data
from flows.versions.past import taken_of
from flows.versions.pointing import snapshot_in_use
from flows.versions.snapshot import REJECTED
from pipeline.config import Config
from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import ConfigError
from pipeline.foundation.words import one_line

_MD5 = re.compile(r"^\s*-?\s*md5: ([0-9a-f]{32}(?:\.dir)?)\s*$", re.MULTILINE)


def look_at_data(project: Path, config: Config) -> Data:
    """Return the data that the settings name, what the gate said of them, and newer ones that it refused."""
    told = _gate(project)
    try:
        current = snapshot_in_use(config)
    except ConfigError:
        source = config.sources
        return Data(shown(str(getattr(source, "path", None) or source.kind)), None, told)
    refused = _refused(project, current)
    why = "" if refused is None else _why(project, refused)
    return Data(current.as_posix(), _version(project / f"{current}.dvc"), told, refused, why)


def _gate(project: Path) -> str:
    """Return what ``validate`` said last."""
    try:
        report = json.loads((project / "data" / "validate" / "report.json").read_text(encoding="utf-8"))
        return one_line(str(report["summary"]))
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _version(pointer: Path) -> str | None:
    try:
        found = _MD5.search(pointer.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found[1] if found else None


def _refused(project: Path, current: Path) -> str | None:
    """Return the newest of the data that were refused, where they are newer than those in use."""
    name, used = current.parent.name, taken_of(current)
    found = [
        (taken, path)
        for path in (project / REJECTED).glob(f"{name}-*")
        if (taken := taken_of(Path(path.name.removeprefix(f"{name}-")))) is not None
    ]
    newest = max(found, default=None, key=lambda pair: pair[0])
    if newest is None or (used is not None and newest[0] <= used):
        return None
    return (REJECTED / newest[1].name).as_posix()


def _why(project: Path, refused: str) -> str:
    """Return why, as the run that refused them wrote it."""
    name = re.compile(rf"{re.escape(Path(refused).name)}(?![\w-])")
    told = [record.message for _, record in records(project) if name.search(record.message)]
    return (
        one_line(told[-1].partition("; the new data went to")[0]) if told else "its run is not kept any more"
    )
