"""Classes that training has too few samples of, read as one class in every part."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.foundation.words import plural
from pipeline.preprocessing.config_base import RareClassesConfig

SHOWN = 3


@dataclass(frozen=True)
class Merging:
    """What is read as another class."""

    into: str = ""
    rare: tuple[str, ...] = ()
    """Classes of training with too few samples."""

    unseen: tuple[str, ...] = ()
    """Classes of val or test that training never sees."""

    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All that are read as ``into``, sorted."""
        return tuple(sorted({*self.rare, *self.unseen}))

    def applied(self, targets: pl.Series) -> pl.Series:
        """Return the targets, one class a cell, with rare classes under their common name."""
        return targets.replace(list(self.names), self.into) if self.names else targets


NOTHING = Merging()


def fit_merging(train: Mapping[str, int], others: Collection[str], config: RareClassesConfig) -> Merging:
    """Return which classes are merged, by the counts of training alone.

    Args:
        train: Class → its training samples.
        others: Classes of val and test; they decide nothing, and are named so that they can be read at all.
        config: From how many samples on a class stands for itself.

    Raises:
        DataError: Val or test have classes that training never sees, and training has none to learn theirs from.
    """
    if not config.fewest:
        return NOTHING
    rare = {name for name, count in train.items() if count < config.fewest and name != config.into}
    unseen = {name for name in others if not train.get(name) and name != config.into}
    if unseen and not rare and not train.get(config.into):
        raise DataError(
            f"val or test ask for {', '.join(sorted(unseen)[:SHOWN])}, which training never sees, and no class of "
            f"training has fewer than preprocessing.rare_classes.fewest={config.fewest} samples to learn "
            f"{config.into!r} from; raise fewest, or change preprocessing.split"
        )
    notes = _notes(train, rare, unseen, config)
    return Merging(config.into, tuple(sorted(rare)), tuple(sorted(unseen)), notes)


def lumped(classes: pl.Series, config: RareClassesConfig) -> pl.Series:
    """Return what a split should keep in equal shares: a class too rare over all parts is rare in training, too.

    Which classes are merged is decided later, by training alone.
    """
    if not config.fewest:
        return classes
    counts = classes.drop_nulls().value_counts(name="samples")
    rare = counts.filter(pl.col("samples") < config.fewest)[classes.name]
    return classes.replace(rare, config.into) if len(rare) else classes


def _notes(
    train: Mapping[str, int], rare: Collection[str], unseen: Collection[str], config: RareClassesConfig
) -> tuple[str, ...]:
    notes = []
    if rare:
        held = sum(train[name] for name in rare)
        are = "is" if len(rare) == 1 else "are"
        notes.append(
            f"{plural(len(rare), 'class', 'classes')} with fewer than {config.fewest} training samples "
            f"({_shown(rare)}), {plural(held, 'training sample')} together, {are} read as {config.into!r}"
        )
    if unseen:
        are = "is" if len(unseen) == 1 else "are"
        notes.append(
            f"{plural(len(unseen), 'class', 'classes')} of val and test that training never sees ({_shown(unseen)}) "
            f"{are} read as {config.into!r}"
        )
    return tuple(notes)


def _shown(names: Collection[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(sorted(names)[:SHOWN]) + more
