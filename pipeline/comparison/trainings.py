"""Where each training is kept: a small project of its own, named by the hash of all that it depends on.

So an interrupted comparison goes on where it stopped, and a repeated one costs nothing. The folder shares the
preprocessed data set of the project; what it trains on cannot change without its name changing.
"""

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.comparison.candidates import Candidate
from pipeline.comparison.config import SECTIONS
from pipeline.comparison.extractors import leave, take
from pipeline.config import Config
from pipeline.foundation.errors import IntegrityError
from pipeline.foundation.files import json_text, write_atomically
from pipeline.foundation.folder import MANIFEST, sha256, verified
from pipeline.model.config import probe_of
from pipeline.params import params_text
from pipeline.stages.closure import code_hash

STAGES = ("extract", "analyze")
EXTRACTED = ("extraction", "heads", "model", "training", "run")
"""Sections that the stage ``extract`` obeys, said here because it takes torch with it."""

LIBRARIES = ("numpy", "pytorch-lightning", "torch")
PREDICTIONS = "predictions.parquet"


@dataclass(frozen=True)
class Training:
    """One candidate with one seed on one preprocessed data set."""

    name: str
    """For a person: ``lstm-fcn, seed 2``."""

    candidate: str
    folder: Path
    config: Config
    data: Path
    """The preprocessed data set: a finished folder of the stage ``preprocess``."""

    extractor: Path | None = None
    """Where its extractor is for all who would fit the same one; None: it fits none apart from the rest."""

    @property
    def is_done(self) -> bool:
        """Whether it has been trained, and its answers are there."""
        return (self.folder / "data" / "analyze" / MANIFEST).is_file()

    @property
    def predictions(self) -> Path:
        """Its answers to the test split, which are those that it gave.

        Raises:
            IntegrityError: It has not been trained, or the file is another than it wrote.
        """
        try:
            return verified(self.folder / "data" / "analyze", PREDICTIONS)
        except IntegrityError:
            if not self.is_done:
                raise
            raise IntegrityError(
                f"the answers of {self.name} in {self.folder} are not those that its training wrote; remove that "
                f"folder and compare again: only this training is done anew"
            ) from None

    def report(self, stage: str) -> dict[str, Any]:
        """Return what a stage said about its work.

        Raises:
            IntegrityError: It has not been trained.
        """
        path = self.folder / "data" / stage / "report.json"
        if not path.is_file():
            raise IntegrityError(
                f"{self.name} has not been trained with these data, settings and code, which were perhaps changed "
                f"while the comparison ran; run it again, what was trained is kept"
            )
        text = path.read_text(encoding="utf-8")
        report: dict[str, Any] = json.loads(text)
        return report

    def prepare(self) -> bool:
        """Make the folder, with the params and the way to the data; what is there already stays.

        Returns:
            Whether it got its extractor from another training.
        """
        home = self.folder / "data"
        home.mkdir(parents=True, exist_ok=True)
        link = home / "preprocess"
        if not link.is_symlink():
            link.symlink_to(os.path.relpath(self.data, home), target_is_directory=True)
        write_atomically(params_text(self.config), self.folder / "params.yaml")
        return self.extractor is not None and take(self.extractor, self.folder)

    def share(self) -> None:
        """Leave the extractor, if it was fitted, for others who would fit the same one."""
        if self.extractor is not None:
            leave(self.folder, self.extractor)


def training_of(candidate: Candidate, *, seed: int, data: Path, home: Path, project: Path) -> Training:
    """Return the training of a candidate, done or not.

    Args:
        candidate: Its settings.
        seed: Instead of ``run.seed``.
        data: The preprocessed data set.
        home: Where trainings are kept.
        project: What paths in the settings are relative to.
    """
    config = placed(candidate.config, project)
    config = config.model_copy(update={"run": config.run.model_copy(update={"seed": seed})})
    name = candidate.name if seed == candidate.config.run.seed else f"{candidate.name}, seed {seed}"
    extractor = extractor_key(config, data)
    place = None if extractor is None else home.with_name("extractors") / extractor
    return Training(name, candidate.name, home / _key(config, data), config, data, place)


def key_of(story: Mapping[str, object]) -> str:
    """Return a name for whatever JSON can hold."""
    return hashlib.sha256(json_text(story).encode()).hexdigest()[:20]


def extractor_key(config: Config, data: Path) -> str | None:
    """Return a name for the extractor of a training; None where none is fitted, and no features are kept.

    The stage ``extract`` obeys all of these sections but what the probe leaves out of ``model``.
    """
    probe = probe_of(config.model)
    if probe is None or not (config.extraction.freeze or _fits(config)):
        return None
    return _named(config.model_copy(update={"model": probe}), data, EXTRACTED, STAGES[:1])


def _fits(config: Config) -> bool:
    return bool(config.extraction.epochs) and config.extraction.weights is None


def _key(config: Config, data: Path) -> str:
    return _named(config, data, (*SECTIONS, "run"), STAGES)


def _named(config: Config, data: Path, names: Sequence[str], stages: Sequence[str]) -> str:
    weights = config.extraction.weights
    return key_of(
        {
            "sections": {name: getattr(config, name).model_dump(mode="json") for name in names},
            "data": sha256(data / MANIFEST),
            "weights": None if weights is None or not Path(weights).is_file() else sha256(Path(weights)),
            "code": [code_hash(stage) for stage in stages],
            "versions": {name: version(name) for name in LIBRARIES} | {"python": platform.python_version()},
        }
    )


def placed(config: Config, project: Path) -> Config:
    """Return ``config`` with the path of given weights absolute: the training has a folder of its own."""
    weights = config.extraction.weights
    if weights is None:
        return config
    path = str((project / Path(weights).expanduser()).resolve())
    return config.model_copy(update={"extraction": config.extraction.model_copy(update={"weights": path})})
