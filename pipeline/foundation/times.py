"""How long things took: beside the results, never among them, because no two runs take as long."""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.foundation.files import json_text, write_atomically
from pipeline.foundation.paths import Paths


class Times(BaseModel):
    """What one model took, start of the process not included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    train_seconds: float
    predict_seconds: float
    """For the whole test split."""

    predicted: int
    """Test samples behind it."""

    trained: int = 0
    """Samples that training went through, each as often as it did; 0 where nothing goes through them one by one."""


def write_times(times: Mapping[str, Times], stage: str, data: Paths) -> None:
    """Write model → what it took to ``.convoy/times/STAGE.json``."""
    story = {name: each.model_dump(mode="json") for name, each in times.items()}
    write_atomically(json_text(story), times_file(data.project, stage))


def read_times(project: Path, stage: str) -> dict[str, Times]:
    """Return what the last run of ``stage`` in ``project`` took; empty where nobody knows."""
    try:
        story = json.loads(times_file(project, stage).read_text(encoding="utf-8"))
        return {name: Times.model_validate(each) for name, each in story.items()}
    except (OSError, ValueError, AttributeError, ValidationError):
        return {}


def times_file(project: Path, stage: str) -> Path:
    """Return where ``stage`` writes what it took."""
    return project / ".convoy" / "times" / f"{stage}.json"
