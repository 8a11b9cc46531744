"""The strong rival of texts: a support vector machine over grams weighed by how much they favour a class."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from pipeline.baselines.base import Baseline, Data, Head, Inputs, LeftOutError, drawn
from pipeline.baselines.binary_grams import BinaryGrams
from pipeline.baselines.features import read_rows
from pipeline.baselines.margins import best_sharpness, log_loss, probabilities
from pipeline.baselines.penalty import least_loss
from pipeline.preprocessing.stream import Floats, Ints, SplitReader

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MOST_GRAMS = 500_000
PENALTIES = (100.0, 10.0, 1.0)
"""1/C, tried from strong to weak until val gets worse."""

TRUST = 0.25
"""Share of the machine's own weights; the rest is the mean size of a weight, which leaves plain naive Bayes."""


@dataclass(frozen=True)
class Fitted:
    """One machine per class, or one for two classes."""

    weights: Floats
    """Shape ``(gram, machine)``."""

    bias: Floats
    sharpness: float = 1.0
    loss: float = 0.0

    def margins(self, rows: "csr_matrix") -> Floats:
        """Return ``(text, class)``."""
        found = np.asarray(rows @ self.weights + self.bias, np.float32)
        return np.concatenate([-found, found], axis=1) if found.shape[1] == 1 else found


class NaiveBayesSvm(Baseline):
    """NB-SVM on one and two tokens; more than two classes are told one against the rest.

    Source:
        Wang & Manning (2012), "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification".
    """

    heads: ClassVar[tuple[Head, ...]] = ("classify",)
    data: ClassVar[tuple[Data, ...]] = ("text",)

    def __init__(self, max_rows: int) -> None:
        self.max_rows = max_rows

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Fit on at most ``max_rows`` texts, drawn with ``seed``; C is chosen on val.

        Raises:
            LeftOutError: The drawn texts are of one class, or have no token.
        """
        positions = drawn(len(train), self.max_rows, seed)
        targets = train.targets(positions).astype(np.int64)
        self.present = np.unique(targets)
        if len(self.present) < 2:
            raise LeftOutError("it needs two classes among its training texts")
        self.classes = len(train.meta.classes)
        self.features = BinaryGrams(train.meta.vocabulary, MOST_GRAMS)
        rows = self.features.fit(train, positions)
        machines = self.present if len(self.present) > 2 else self.present[1:]
        has = targets[:, None] == machines  # (text, machine)
        ratios = np.stack([log_ratios(rows, each) for each in has.T], axis=1)
        chosen = drawn(len(val), self.max_rows, seed)
        known = chosen[np.isin(val.targets(chosen), self.present)]
        judge = read_rows(self.features, val, known)
        truth = np.searchsorted(self.present, val.targets(known).astype(np.int64))

        def fitted(penalty: float) -> Fitted:
            model = _machines(rows, has, ratios, penalty=penalty, seed=seed)
            if judge is None:
                return model
            margins = model.margins(judge)
            sharpness = best_sharpness(margins, truth)
            return Fitted(model.weights, model.bias, sharpness, log_loss(margins, truth, sharpness))

        self.model = least_loss(PENALTIES, fitted, lambda model: model.loss)
        self.parameters = int(self.model.weights.size + self.model.bias.size)

    def predict(self, inputs: Inputs, lengths: Ints | None = None) -> Floats:
        """Return ``(batch, class)``; a class that was not among the drawn texts gets 0."""
        margins = self.model.margins(self.features.rows(inputs, lengths))
        found = np.zeros((len(inputs), self.classes), np.float32)
        found[:, self.present] = probabilities(margins, self.model.sharpness)
        return found


def log_ratios(rows: "csr_matrix", has: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return by how much each gram favours the texts that ``has`` names, ``(gram,)``; each count begins at 1."""
    inside = 1.0 + np.asarray(rows.T @ has.astype(np.float64))
    outside = 1.0 + np.asarray(rows.T @ (~has).astype(np.float64))
    ratios: NDArray[np.float64] = np.log(inside / inside.sum()) - np.log(outside / outside.sum())
    return ratios


def _machines(
    rows: "csr_matrix", has: NDArray[np.bool_], ratios: NDArray[np.float64], *, penalty: float, seed: int
) -> Fitted:
    """Return one fitted machine per column of ``has``."""
    weights, bias = np.empty(ratios.shape, np.float32), np.empty(ratios.shape[1], np.float32)
    for which, (wanted, ratio) in enumerate(zip(has.T, ratios.T, strict=True)):
        own, bias[which] = _machine(rows, wanted, ratio, penalty=penalty, seed=seed)
        weights[:, which] = ratio * ((1.0 - TRUST) * np.abs(own).mean() + TRUST * own)
    return Fitted(weights, bias)


def _machine(
    rows: "csr_matrix", wanted: NDArray[np.bool_], ratio: NDArray[np.float64], *, penalty: float, seed: int
) -> tuple[NDArray[np.float64], float]:
    """Return the weights of a linear machine with squared hinge loss on the weighed grams, and its bias."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    weighed = rows.astype(np.float64)
    weighed.data *= ratio[weighed.indices]
    model = LinearSVC(C=1.0 / penalty, dual=True, random_state=seed, max_iter=200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(weighed, wanted)
    return model.coef_[0], float(model.intercept_[0])
