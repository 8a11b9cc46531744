"""The linear rival of every regression: least squares on the features that logistic regression sees."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from pipeline.baselines.base import Baseline, Head, Inputs, drawn
from pipeline.baselines.build_features import build_features
from pipeline.baselines.features import Rows, read_rows
from pipeline.baselines.penalty import least_loss
from pipeline.preprocessing.stream import Floats, Ints, SplitReader

if TYPE_CHECKING:
    from sklearn.linear_model import Ridge as Model

PENALTIES = (1e2, 1e1, 1.0, 1e-1, 1e-2, 1e-3, 1e-4)
"""Weights of the squared coefficients beside the mean squared error, tried from strong to weak until val gets worse;
in units of the features."""


@dataclass(frozen=True)
class Fitted:
    """The model of one penalty."""

    model: "Model"
    penalty: float


class Ridge(Baseline):
    """Linear regression, its penalty chosen on val as the networks' epoch is.

    Source:
        Hoerl & Kennard (1970), "Ridge Regression: Biased Estimation for Nonorthogonal Problems".
    """

    heads: ClassVar[tuple[Head, ...]] = ("regress",)

    def __init__(self, max_rows: int) -> None:
        self.max_rows = max_rows

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Fit on at most ``max_rows`` samples, drawn with ``seed``.

        Raises:
            LeftOutError: The training samples have nothing in them.
        """
        from sklearn.linear_model import Ridge as Model

        positions = drawn(len(train), self.max_rows, seed)
        self.features = build_features(train)
        rows = self.features.fit(train, positions)
        targets = train.targets(positions)[:, 0]
        chosen = drawn(len(val), self.max_rows, seed)
        judge, truth = read_rows(self.features, val, chosen), val.targets(chosen)

        def fitted(penalty: float) -> Fitted:
            return Fitted(Model(alpha=penalty * len(targets)).fit(rows, targets), penalty)

        def loss(fitted: Fitted) -> float:
            return 0.0 if judge is None else float(np.mean((fitted.model.predict(judge) - truth[:, 0]) ** 2))

        self.model = least_loss([each * self.features.unit for each in PENALTIES], fitted, loss)
        self.parameters = int(self.model.model.coef_.size) + 1

    def predict(self, inputs: Inputs, lengths: Ints | None = None) -> Floats:
        """Return ``(batch, 1)``."""
        return self._answer(self.features.rows(inputs, lengths))

    def answer(self, reader: SplitReader, positions: Ints) -> Floats:
        """Return what :meth:`predict` does, by the static columns, too."""
        return self._answer(self.features.read(reader, positions))

    def _answer(self, rows: Rows) -> Floats:
        return np.asarray(self.model.model.predict(rows), np.float32)[:, None]
