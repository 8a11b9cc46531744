"""The leaderboard as one HTML file that needs nothing else."""

from pathlib import Path

from pipeline.comparison.board import Board, Line
from pipeline.evaluation.metrics import METRICS
from pipeline.evaluation.report import TEMPLATES, TONES
from pipeline.evaluation.wording import duration, number, numbers, percent, rate

OWN_TEMPLATES = Path(__file__).parent / "templates"


def board_html(board: Board, project: str) -> str:
    """Return the page; all text in it that comes from data is escaped by the template."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    engine = Environment(
        loader=FileSystemLoader(OWN_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    metric = METRICS[board.metric]
    low, high = _axis(board)
    return engine.get_template("leaderboard.html").render(
        css=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S704  our own file
        board=board,
        project=project,
        tone=TONES[board.verdict.outcome],
        metric=metric,
        confidence=percent(board.confidence),
        rows=[_row(line, board, low, high) for line in board.lines],
        left_out=sorted(board.left_out.items()),
    )


def _row(line: Line, board: Board, low: float, high: float) -> dict[str, object]:
    score = line.scores[board.metric]
    bounds = line.intervals.get(board.metric, (score, score))

    def place(value: float) -> float:
        return round(100.0 * min(max((value - low) / (high - low), 0.0), 1.0), 2)

    beyond = "left" if score < low else "right" if score > high else ""
    behind = line.behind_interval
    return {
        "line": line,
        "chosen": line.name == board.chosen,
        "role": "hybrid" if line.role == "model" else line.role,
        "look": "model" if line.name == board.chosen else "floor" if line.role == "floor" else "rival",
        "score": number(score),
        "spread": "" if line.spread is None else f"± {number(line.spread)} over {line.trainings} seeds",
        "interval": " to ".join(numbers(*bounds)) if board.metric in line.intervals else "",
        "bar": {"low": place(bounds[0]), "high": place(bounds[1]), "at": place(score), "beyond": beyond},
        "folds": " · ".join(numbers(*line.fold_scores)) if line.fold_scores else "",
        "behind": "" if behind is None and line.behind == 0.0 else number(line.behind),
        "behind_interval": " to ".join(numbers(*behind)) if behind else "",
        "sure": behind is not None and behind[0] > 0,
        "parameters": "–" if line.parameters is None else f"{line.parameters:,}",
        "training": duration(line.train_seconds) or "–",
        "trained": rate(line.trained_per_second),
        "prediction": duration(line.predict_seconds) or "–",
        "predicted": rate(line.predicted_per_second),
    }


def _axis(board: Board) -> tuple[float, float]:
    """Return the span of the bars: from the best line to the middle of the field; what lies behind is at the edge."""
    scores = [line.scores[board.metric] for line in board.lines]
    bounds = [line.intervals.get(board.metric, (line.scores[board.metric],) * 2) for line in board.lines]
    near = bounds[: max(len(bounds) // 2, 2)]
    low, high = min(pair[0] for pair in near), max(pair[1] for pair in near)
    room = 0.25 * (high - low) or 0.1 * abs(scores[0]) or 1.0
    return low - room, high + room
