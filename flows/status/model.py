"""The champion, and the last model that was held against it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.runs.record import Record
from flows.status.found import Challenger, Champion
from pipeline.foundation.words import one_line
from pipeline.registry.bundle import BLESSING
from pipeline.registry.champion import Registry, registry_folder, version_folder


def look_at_champion(project: Path, registry: Registry) -> Champion | None:
    """Return the champion, its score, and the floor that comes nearest to it."""
    if registry.champion is None:
        return None
    entry = registry.entry(registry.champion)
    since, how = (registry.moves[-1].at, registry.moves[-1].how) if registry.moves else (entry.promoted, "")
    floor = _floor(_read(version_folder(project, entry.version) / BLESSING))
    return Champion(entry.version, since, how, entry.model, entry.metric, entry.score, entry.interval, *floor)


def look_at_challenger(project: Path, promotions: list[Record]) -> Challenger | None:
    """Return what became of the last challenger: by the last run that promotes, or by a later `convoy promote`."""
    found = []
    for record in promotions[-1:]:
        is_promoted = not record.promotion.startswith("not promoted")
        found.append(Challenger(record.ended or record.began, is_promoted, one_line(record.promotion)))
    path = registry_folder(project) / BLESSING
    if blessing := _read(path):
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="milliseconds")
        is_promoted = bool(blessing.get("blessed")) or blessing.get("forced") is not None
        found.append(Challenger(at, is_promoted, one_line(str(blessing.get("reason", "")))))
    return max(found, key=lambda each: each.at, default=None)


def _floor(blessing: dict[str, Any]) -> tuple[str | None, float | None]:
    """Return name and score of the floor that the model is least ahead of."""
    try:
        nearest = min(blessing["floors"], key=lambda lead: float(lead["ahead"]))
        return str(nearest["other"]), float(nearest["score"])
    except (KeyError, ValueError, TypeError):
        return None, None


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
