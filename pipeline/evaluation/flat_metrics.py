"""The few numbers that ``dvc metrics`` and ``dvc exp show`` lay side by side."""

import re
from collections.abc import Mapping

from pipeline.evaluation.judge import DECIDING, Head
from pipeline.evaluation.judged import Judged

RIVAL_METRICS: Mapping[Head, tuple[str, ...]] = {
    "classify": ("accuracy", "macro_f1"),
    "multilabel": ("macro_f1", "micro_f1"),
    "regress": ("mse", "mae"),
    "forecast": ("mse", "mae", "pinball", "coverage", "width"),
}


def flat_metrics(judged: Judged) -> dict[str, float]:
    """Return ``test/NAME`` of the model, with the interval of the deciding metric, and its rivals' scores.

    ``test/margin`` is how much better than the best rival the model is, by the deciding metric;
    ``test/portfolio_NAME`` are figures of the portfolio that its forecasts make, where one is asked for;
    ``audit/leak`` and ``audit/warning`` count what the leakage audit found.
    """
    deciding = DECIDING[judged.head]
    flat: dict[str, float] = {}
    for line in judged.lines:
        if line.role != "model":
            chosen = {name: line.scores[name] for name in RIVAL_METRICS[judged.head] if name in line.scores}
            flat |= {f"baseline/{_key(line.name)}/{name}": value for name, value in chosen.items()}
            continue
        flat |= {f"test/{name}": value for name, value in line.scores.items()}
        flat |= _bounds(f"test/{deciding}", line.intervals.get(deciding))
    best = next((line for line in judged.lines if line.role != "model"), None)
    if best is not None and best.margin is not None:
        flat["test/margin"] = best.margin
        flat |= _bounds("test/margin", best.margin_interval)
    if judged.portfolios is not None:
        keys = {line.name: _key(line.name) for line in judged.portfolios.lines}
        flat |= judged.portfolios.flat(judged.model, keys)
    if judged.findings.findings:
        found = judged.findings.counts()
        flat |= {f"audit/{severity}": float(found[severity]) for severity in ("leak", "warning")}
    return flat


def _key(name: str) -> str:
    """Return a name as one word: ``cnn (conv2d)`` is ``cnn-conv2d``."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-")


def _bounds(name: str, bounds: tuple[float, float] | None) -> dict[str, float]:
    return {} if bounds is None else {f"{name}_low": bounds[0], f"{name}_high": bounds[1]}
