"""Tags of a flow run: which data it stands on, which model it made, which time it is as of."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import get_client

from pipeline.foundation.folder import MANIFEST, sha256
from pipeline.registry.champion import read_registry

DIGITS = 12

log = logging.getLogger("pipeline")


def tag_run(flow_run: UUID, tags: list[str]) -> None:
    """Add tags to a flow run; a server that does not answer costs the tags and nothing else."""
    try:
        with get_client(sync_client=True) as client:
            known = client.read_flow_run(flow_run).tags
            client.update_flow_run(flow_run, tags=sorted({*known, *tags}))
    except Exception as error:
        log.debug("the run got no tags: %s", error)


def as_of_tag(moment: datetime) -> str:
    """Return the tag of the time that a run stands for."""
    return f"as_of:{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def version_tags(project: Path) -> list[str]:
    """Return tags of what lies in ``data/``, and of the champion: hashes as the lineage of a model has them."""
    data, weights = project / "data" / "ingest" / MANIFEST, project / "data" / "analyze" / "model.safetensors"
    return [*_hash("data", data), *_hash("model", weights), *_champion(project)]


def _hash(word: str, path: Path) -> list[str]:
    try:
        return [f"{word}:{sha256(path)[:DIGITS]}"]
    except OSError:
        return []


def _champion(project: Path) -> list[str]:
    try:
        champion = read_registry(project).champion
    except Exception as error:
        log.debug("the registry cannot be read: %s", error)
        return []
    return [] if champion is None else [f"champion:{champion}"]
