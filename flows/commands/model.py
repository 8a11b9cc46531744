"""Which model a command means: the champion, the one of the last run, or the folder that was named."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.foundation.errors import ConfigError
from pipeline.registry.champion import champion_folder, read_registry
from pipeline.stages.bundle import make_bundle

CHAMPION = "champion"


@dataclass(frozen=True)
class ChosenModel:
    """A model, and what to call it."""

    folder: Path
    origin: str


@contextmanager
def chosen_model(model: str | None, project: Path) -> Iterator[ChosenModel]:
    """Yield the model that is meant; the folder of that of the last run lives as long as the block.

    Args:
        model: Folder of a model, or ``champion``; None: the champion, or before any promotion the last run's.
        project: Whose models are looked at.

    Raises:
        ConfigError: There is no such folder, no champion, or settings were changed since the last run.
        IntegrityError: The project has no model yet, or a file was changed.
    """
    folder = None if model is None else Path(model).expanduser()
    if folder is not None and (model != CHAMPION or folder.is_dir()):  # a folder may be called so
        if not folder.is_dir():
            raise ConfigError(
                f"--model {model}: there is no such folder; give the folder of a model, or `champion`"
            )
        yield ChosenModel(folder, f"the model in {model}")
    elif model == CHAMPION or read_registry(project).champion is not None:
        champion = champion_folder(project)
        yield ChosenModel(champion, f"the champion {champion.name}")
    else:
        with TemporaryDirectory(prefix="convoy-model-") as place:
            make_bundle(project, Path(place) / "model")
            told = "the model of the last run (data/analyze); none has been promoted"
            yield ChosenModel(Path(place) / "model", told)
