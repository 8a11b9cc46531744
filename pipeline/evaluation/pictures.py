"""The plots as PNG pictures, which ``dvc plots show`` shows without internet."""

import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.evaluation.classify import confusion
from pipeline.evaluation.judge import DECIDING
from pipeline.evaluation.judged import ClassDetails, ForecastDetails, Judged, LabelDetails
from pipeline.evaluation.metrics import METRICS
from pipeline.evaluation.wording import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MODEL, RIVAL, OTHER, INK = "#2563eb", "#d97706", "#94a3b8", "#1f2937"
OTHERS = ("#64748b", "#0f8a8a", "#8250c4", "#b8428c", "#6a8a1f", "#8a6a4f")
LOOK: dict[str, object] = {
    "axes.edgecolor": "#cbd5e1",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titleweight": "bold",
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same pixels on every machine
    "font.size": 10,
    "grid.color": "#e2e8f0",
    "text.color": INK,
    "text.parse_math": False,  # a class may be called $x$
    "xtick.color": INK,
    "ytick.color": INK,
}
MOST_CLASSES = 40
MOST_POINTS = 2000


def write_pictures(judged: Judged, folder: Path) -> None:
    """Write ``loss.png``, ``models.png`` and ``errors.png``; equal numbers give equal bytes."""
    drawings: dict[str, Callable[[Axes, Judged], None]] = {
        "loss.png": _loss,
        "models.png": _models,
        "errors.png": _errors,
    }
    from matplotlib import style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    with style.context(LOOK), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # a box is drawn instead
        for name, draw in drawings.items():
            figure = Figure(
                figsize=(7.2, 6.0 if name == "errors.png" else 4.0), dpi=110, layout="constrained"
            )
            FigureCanvasAgg(figure)
            draw(figure.add_subplot(), judged)
            figure.savefig(folder / name, metadata={"Software": None})


def _loss(axes: "Axes", judged: Judged) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set(title="Loss by epoch", xlabel="epoch", ylabel="loss")
    if not judged.histories:
        axes.text(0.5, 0.5, "nothing was trained", ha="center", transform=axes.transAxes)
        return
    history = judged.histories[0]
    marker = "o" if len(history.epoch) < 30 else None
    axes.plot(history.epoch, history.train, color=OTHER, label="train", marker=marker, markersize=4)
    axes.plot(history.epoch, history.val, color=MODEL, label="val", marker=marker, markersize=4)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False)


def _models(axes: "Axes", judged: Judged) -> None:
    name = DECIDING[judged.head]
    lines = list(reversed(judged.lines))
    colours = {"model": MODEL, "rival": RIVAL, "floor": OTHER}
    for row, line in enumerate(lines):
        low, high = line.intervals.get(name, (line.scores[name],) * 2)
        axes.plot([low, high], [row, row], color=colours[line.role], linewidth=6, alpha=0.35)
        axes.plot(line.scores[name], row, "o", color=colours[line.role], markersize=7)
    axes.set_yticks(range(len(lines)), [short(line.name) for line in lines])
    axes.set_ylim(-0.6, len(lines) - 0.4)
    better = "higher" if METRICS[name].better == "max" else "lower"
    axes.set(title=f"{METRICS[name].title} on the test split", xlabel=f"{better} is better")


def _errors(axes: "Axes", judged: Judged) -> None:
    details = judged.details
    if isinstance(details, ClassDetails):
        _confusion(axes, details)
    elif isinstance(details, LabelDetails):
        _labels(axes, details)
    elif judged.head == "regress":
        _scatter(axes, details)
    else:
        _horizon(axes, judged, details)


def _confusion(axes: "Axes", details: ClassDetails) -> None:
    counts = confusion(details.truth, details.answer)[:MOST_CLASSES, :MOST_CLASSES]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    names = [short(name, 16) for name in details.truth.classes[:MOST_CLASSES]]
    small = max(4.0, min(10.0, 160.0 / len(names)))
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=small)
    axes.set_yticks(range(len(names)), names, fontsize=small)
    if len(names) <= 15:
        for row, column in np.argwhere(counts):
            colour = "white" if shares[row, column] > 0.5 else INK
            axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour)
    axes.grid(visible=False)
    axes.set(title="Confusion matrix", xlabel="predicted", ylabel="actual")


def _labels(axes: "Axes", details: LabelDetails) -> None:
    """Draw precision and recall of each label, the most frequent on top."""
    target, prediction = details.truth.target, details.answer.prediction
    order = np.argsort(-target.sum(axis=0), kind="stable")[:MOST_CLASSES]
    hits = (target & prediction).sum(axis=0)[order]
    rows = np.arange(len(order))[::-1]
    shares = (
        ("precision", MODEL, hits / np.maximum(prediction.sum(axis=0)[order], 1), 0.2),
        ("recall", RIVAL, hits / np.maximum(target.sum(axis=0)[order], 1), -0.2),
    )
    for name, colour, share, shift in shares:
        axes.barh(rows + shift, share, height=0.36, color=colour, label=name)
    small = max(4.0, min(10.0, 200.0 / len(order)))
    axes.set_yticks(rows, [short(details.truth.labels[label], 20) for label in order], fontsize=small)
    axes.set_xlim(0, 1)
    axes.set(title="Precision and recall of each label", xlabel="share")
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2)


def _scatter(axes: "Axes", details: ForecastDetails) -> None:
    truth, answer = details.truth.target[:, 0, 0], details.answer[:, 0, 0]
    every = max(len(truth) // MOST_POINTS, 1)
    low, high = (float(edge) for edge in (min(truth.min(), answer.min()), max(truth.max(), answer.max())))
    axes.plot([low, high], [low, high], color=OTHER, linestyle="--", linewidth=1.2, label="right")
    axes.plot(
        truth[::every], answer[::every], "o", color=MODEL, markersize=4, alpha=0.45, label="test samples"
    )
    name = short(details.truth.channels[0], 40)
    axes.set(title="Predicted beside true", xlabel=f"true {name}", ylabel=f"predicted {name}")
    axes.legend(frameon=False)


def _horizon(axes: "Axes", judged: Judged, details: ForecastDetails) -> None:
    rival, highest = judged.verdict.rival, 0.0
    others = iter(OTHERS * len(judged.lines))
    for line in judged.lines:
        curve = details.errors[line.name].squared_by_step
        is_strong = line.name in (judged.model, rival)
        highest = max(highest, float(curve.max())) if is_strong else highest
        colour = MODEL if line.name == judged.model else RIVAL if is_strong else next(others)
        axes.plot(
            np.arange(1, len(curve) + 1), curve, color=colour, linewidth=2.4 if is_strong else 1.2,
            label=short(line.name), zorder=3 if is_strong else 2,
        )  # fmt: skip
    axes.set_ylim(0, 2.2 * highest or 1.0)
    axes.set(title="Mean squared error by step of the horizon", xlabel="step", ylabel="MSE")
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3)
