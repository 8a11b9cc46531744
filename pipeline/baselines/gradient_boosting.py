"""The rival of every table: boosted trees on the columns that the linear rivals see."""

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from pipeline.baselines.base import Baseline, Data, Head, Inputs, LeftOutError, drawn
from pipeline.baselines.build_features import build_features
from pipeline.baselines.features import Rows, read_rows
from pipeline.preprocessing.stream import Floats, Ints, SplitReader

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

ROUNDS = (20, 200)
"""Trees per class, at least and at most."""

PATIENCE = 10
"""Rounds without a gain on val that end the fit."""

LEAVES = 15
BINS = 64

WORK = 4e9
"""Cells that all trees together look at: 5 to 20 s on one core. Larger data get fewer rounds."""


class GradientBoosting(Baseline):
    """Histogram gradient boosting; the number of trees is chosen on val as the networks' epoch is.

    Source:
        Friedman (2001), "Greedy Function Approximation: A Gradient Boosting Machine"; Ke et al. (2017), "LightGBM: A
        Highly Efficient Gradient Boosting Decision Tree" (the histograms).
    """

    heads: ClassVar[tuple[Head, ...]] = ("classify", "regress")
    data: ClassVar[tuple[Data, ...]] = ("series", "images", "table", "clips", "sound")

    def __init__(self, max_rows: int) -> None:
        self.max_rows = max_rows

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Fit on at most ``max_rows`` samples, drawn with ``seed``.

        Raises:
            LeftOutError: The samples are of one class, or so wide that too few trees could be afforded.
        """
        positions = drawn(len(train), self.max_rows, seed)
        self.classes = len(train.meta.classes) if train.meta.head == "classify" else 0
        targets = _flat(train.targets(positions), self.classes)
        if self.classes and len(np.unique(targets)) < 2:
            raise LeftOutError("boosting needs two classes among its training samples")
        self.features = build_features(train)
        rows = self.features.fit(train, positions)
        rounds = affordable(*rows.shape, outputs=len(np.unique(targets)) if self.classes > 2 else 1)
        if rounds < ROUNDS[0]:
            raise LeftOutError(
                f"{rows.shape[1]:,} columns of {len(rows):,} samples leave time for {rounds} rounds of trees, "
                f"and fewer than {ROUNDS[0]} say little"
            )
        self.model = _model(self.classes, rounds, seed)
        self.model.fit(rows, targets, **self._judge(val, targets, seed))
        self.parameters = _leaves(self.model)

    def predict(self, inputs: Inputs, lengths: Ints | None = None) -> Floats:
        """Return ``(batch, class)``, 0 for a class that was not drawn, or scaled numbers ``(batch, 1)``."""
        return self._answer(self.features.rows(inputs, lengths))

    def answer(self, reader: SplitReader, positions: Ints) -> Floats:
        """Return what :meth:`predict` does, by the static columns, too."""
        return self._answer(self.features.read(reader, positions))

    def _answer(self, rows: Rows) -> Floats:
        if not self.classes:
            return np.asarray(self.model.predict(rows), np.float32)[:, None]
        found = np.zeros((rows.shape[0], self.classes), np.float32)
        found[:, self.model.classes_] = self.model.predict_proba(rows)
        return found

    def _judge(self, val: SplitReader, targets: Floats | Ints, seed: int) -> dict[str, Any]:
        """Return the samples of val that say when to stop: those of classes that training has."""
        chosen = drawn(len(val), self.max_rows, seed)
        truth = _flat(val.targets(chosen), self.classes)
        if self.classes:
            is_known = np.isin(truth, targets)
            chosen, truth = chosen[is_known], truth[is_known]
        rows: Rows | None = read_rows(self.features, val, chosen)
        return {} if rows is None else {"X_val": rows, "y_val": truth}


def affordable(rows: int, columns: int, *, outputs: int) -> int:
    """Return how many rounds of trees are in the budget, at most as many as are ever wanted."""
    depth = np.log2(LEAVES)
    per_tree = columns * (rows * depth + LEAVES * BINS)
    return int(min(WORK / (per_tree * outputs), ROUNDS[1]))


def _model(
    classes: int, rounds: int, seed: int
) -> "HistGradientBoostingClassifier | HistGradientBoostingRegressor":
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    return kind(
        max_iter=rounds,
        max_leaf_nodes=LEAVES,
        max_bins=BINS,
        early_stopping=True,
        n_iter_no_change=PATIENCE,
        random_state=seed,
    )


def _flat(targets: Floats | Ints, classes: int) -> Floats | Ints:
    return targets.astype(np.int64) if classes else targets[:, 0]


def _leaves(model: "HistGradientBoostingClassifier | HistGradientBoostingRegressor") -> int:
    """Return the leaves of all trees."""
    return sum(tree.get_n_leaf_nodes() for trees in model._predictors for tree in trees)
