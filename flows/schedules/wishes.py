"""What a user wants to have run by itself, as the options say it; nothing heavy is imported for that."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.schedules.schedule import Schedule
from pipeline.foundation.addresses import holds_password, masked, refusal, shown
from pipeline.foundation.errors import ConfigError

BANNED = re.compile("[/%&<>]")
"""Signs that Prefect takes in no name."""


@dataclass(frozen=True)
class Prediction:
    """What is predicted, with what, and where the answers go."""

    source: str
    """File, folder, pattern or URL; a path is absolute."""

    out: Path
    """A folder; absolute."""

    model: Path | None = None
    """Folder of a model; None: the champion of the hour."""

    every: bool = False
    """Series in windows: at every step."""

    def parameters(self) -> dict[str, Any]:
        """Return them as the flow takes them, and as everybody who sees Prefect's pages may read them."""
        model = None if self.model is None else str(self.model)
        return {"source": masked(self.source), "out": str(self.out), "model": model, "every": self.every}


@dataclass(frozen=True)
class Wishes:
    """Which flows of a project, and when."""

    retrain: Schedule | None
    """When it is retrained; None: never."""

    predict: Schedule | None = None
    prediction: Prediction | None = None
    name: str | None = None
    """Of the deployment; None: that of the folder."""

    promote: bool = True

    def __post_init__(self) -> None:
        if self.name is not None and (not self.name or BANNED.search(self.name)):
            raise ConfigError(
                f"--name {self.name!r} is no name for a deployment; it has none of the signs / % & < >"
            )

    def deployment(self, project: Path) -> str:
        """Return the name of the deployment."""
        return self.name or BANNED.sub("-", project.name)

    def titles(self, project: Path) -> list[str]:
        """Return flow and name of each deployment, as Prefect's commands take them."""
        wanted = {"retrain": self.retrain, "predict": self.predict}
        return [
            f"{flow}/{self.deployment(project)}" for flow, schedule in wanted.items() if schedule is not None
        ]

    def __str__(self) -> str:
        """Say it for a person."""
        told = [] if self.retrain is None else [f"retrain {self.retrain}"]
        if self.predict is not None and self.prediction is not None:
            told.append(f"predict {shown(self.prediction.source)} into {self.prediction.out} {self.predict}")
        return "; ".join(told)


def prediction_of(
    source: str | None, out: Path | None, *, model: Path | None = None, every: bool = False
) -> Prediction | None:
    """Return what ``--predict`` and ``--out`` say together; paths are relative to where the command is called.

    Raises:
        ConfigError: One is given without the other, or the output is a file.
    """
    if source is None:
        if out is not None or model is not None or every:
            raise ConfigError(
                "--out, --model and --every-step say how to predict; say of what with --predict INPUT"
            )
        return None
    if out is None:
        raise ConfigError(
            f"--predict {shown(source)} needs --out FOLDER, into which a file is written for each time"
        )
    if out.is_file():
        raise ConfigError(f"--out {out} is a file; name a folder, into which a file is written for each time")
    if holds_password(source):
        raise ConfigError(refusal("--predict"))
    place = source if "://" in source else str(Path(source).expanduser().absolute())
    return Prediction(place, out.absolute(), None if model is None else model.absolute(), every)
