"""The folds of a split, each of which tests in its turn: a small project of its own, named by all it depends on.

A turn shares the rows that passed the gate, and has its own preprocessed data set, floors and classical rivals, so
that whatever is fitted is fitted on the training split of that fold.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import polars as pl

from pipeline.comparison.config import ComparisonPlan
from pipeline.comparison.trainings import key_of, placed
from pipeline.config import Config
from pipeline.foundation.errors import ConfigError
from pipeline.foundation.files import write_atomically
from pipeline.foundation.folder import MANIFEST, sha256, verified
from pipeline.params import params_text
from pipeline.stages.closure import code_hash

STAGES = ("preprocess", "baseline")
SECTIONS = ("preprocessing", "heads", "baselines", "run")
LIBRARIES = ("numpy", "polars", "scikit-learn")
KINDS = ("folds", "walk", "leave_one_out")
"""Splits that have folds."""


@dataclass(frozen=True)
class Turn:
    """One fold of the split, as a project."""

    name: str
    """What tests: ``fold 3 of 10``, or the group that is left out; empty: the only split."""

    project: Path
    config: Config
    origin: Path
    """The project whose rows it shares."""

    @property
    def is_done(self) -> bool:
        """Whether its data set, floors and rivals are there."""
        return all((self.project / "data" / stage / MANIFEST).is_file() for stage in STAGES)

    def prepare(self) -> None:
        """Make the folder, with the params and the way to the rows; what is there already stays."""
        home = self.project / "data"
        home.mkdir(parents=True, exist_ok=True)
        link = home / "validate"
        if not link.is_symlink():
            link.symlink_to(
                os.path.relpath(self.origin / "data" / "validate", home), target_is_directory=True
            )
        write_atomically(params_text(self.config), self.project / "params.yaml")


def check_folds(plan: ComparisonPlan, config: Config) -> None:
    """Refuse a plan that pools the folds of a split without any.

    Raises:
        ConfigError: It does.
    """
    kind = config.preprocessing.split.kind
    if plan.folds != "one" and kind not in KINDS:
        raise ConfigError(
            f"the plan pools folds={_told(plan.folds)}, and preprocessing.split.kind={kind} has none; use "
            f"{', '.join(KINDS[:-1])} or {KINDS[-1]}, or folds=one"
        )


def turns_of(project: Path, config: Config, plan: ComparisonPlan) -> list[Turn]:
    """Return the folds that a plan asks for; the project's own stands for itself.

    Args:
        project: Its stages up to ``validate`` have to be up to date.
        config: Its params.
        plan: Which folds.

    Raises:
        ConfigError: The split has no folds, or not so many.
    """
    check_folds(plan, config)
    if plan.folds == "one":
        return [Turn("", project, config, project)]
    names = _names(project, config)
    chosen = range(len(names)) if plan.folds == "all" else plan.folds
    beyond = [fold for fold in chosen if fold >= len(names)]
    if beyond:
        raise ConfigError(
            f"the plan asks for fold {beyond[0]}, counted from 0, and the split has {len(names)}: {', '.join(names)}"
        )
    return [_turn(names[fold], fold, project, config) for fold in chosen]


def _names(project: Path, config: Config) -> Sequence[str]:
    split = config.preprocessing.split
    if split.kind != "leave_one_out":
        return [f"fold {fold + 1} of {split.folds}" for fold in range(split.folds)]
    table = pl.scan_parquet(verified(project / "data" / "validate", "table.parquet"))
    groups = table.select(pl.col("group").drop_nulls().unique().sort()).collect()["group"]
    return [str(name) for name in groups]


def _turn(name: str, fold: int, project: Path, config: Config) -> Turn:
    preprocessing = config.preprocessing
    if fold == preprocessing.split.fold:
        return Turn(name, project, config, project)
    split = preprocessing.split.model_copy(update={"fold": fold})
    changed: dict[str, object] = {"split": split}
    vectors = getattr(preprocessing, "vectors_file", None)
    if vectors is not None:
        changed["vectors_file"] = str((project / Path(vectors).expanduser()).resolve())
    own = placed(config, project).model_copy(
        update={"preprocessing": preprocessing.model_copy(update=changed)}
    )
    return Turn(name, project / ".convoy" / "folds" / _key(own, project), own, project)


def _key(config: Config, project: Path) -> str:
    vectors = getattr(config.preprocessing, "vectors_file", None)
    return key_of(
        {
            "sections": {name: getattr(config, name).model_dump(mode="json") for name in SECTIONS},
            "rows": sha256(project / "data" / "validate" / MANIFEST),
            "vectors": None if vectors is None or not Path(vectors).is_file() else sha256(Path(vectors)),
            "code": [code_hash(stage) for stage in STAGES],
            "versions": {name: version(name) for name in LIBRARIES},
        }
    )


def _told(folds: str | Sequence[int]) -> str:
    return folds if isinstance(folds, str) else str(list(folds))
