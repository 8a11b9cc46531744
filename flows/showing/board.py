"""The leaderboard of a comparison: for the terminal, as a page, for programs, and for Prefect's UI."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.showing.scores import as_markdown
from pipeline.comparison.board import Board, Line, board_of
from pipeline.comparison.contest import Contest
from pipeline.comparison.page import board_html
from pipeline.comparison.pool import pooled_board
from pipeline.evaluation.metrics import METRICS
from pipeline.evaluation.wording import duration, number, numbers, rate
from pipeline.foundation.files import write_atomically, write_json

CHOSEN = "▸ "


@dataclass(frozen=True)
class Table:
    """One row per model, the best first; the hybrid that val chose is marked."""

    verdict: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    left_out: Sequence[str]
    page: Path

    def markdown(self) -> str:
        """Return the verdict and the table as markdown."""
        reasons = "".join(f"\n- {reason}" for reason in self.left_out)
        missing = f"\nLeft out:\n{reasons}\n" if reasons else ""
        return f"**{self.verdict}**\n\n{as_markdown(self.header, self.rows)}{missing}"


def table_of(contests: Sequence[Contest], project: Path, reports: Path) -> Table:
    """Judge contests whose trainings are done; write ``leaderboard.json`` and ``leaderboard.html`` to ``reports``.

    Args:
        contests: One, or one per fold, which are judged as one pool.
        project: Whose name the page has.
        reports: Where the files go.

    Raises:
        DataError: Predictions are missing, not finite, or of other samples.
    """
    first = contests[0]
    if len(contests) == 1:
        board = board_of(first.hearing(), first.config, about=first.plan.about)
    else:
        hearings = {contest.turn: contest.hearing() for contest in contests}
        board = pooled_board(hearings, first.config, about=first.plan.about)
    write_json(board.model_dump(mode="json"), reports / "leaderboard.json")
    page = reports / "leaderboard.html"
    write_atomically(board_html(board, project.name), page)
    return as_table(board, page)


def as_table(board: Board, page: Path) -> Table:
    """Return a leaderboard in words."""
    title = METRICS[board.metric].title
    header = [
        "",
        "",
        title,
        "interval",
        "behind the best by",
        *(["by fold"] if board.folds else []),
        "parameters",
        "training",
        "samples/s",
        "test",
        "test/s",
    ]
    return Table(
        verdict=board.verdict.sentence,
        header=header,
        rows=[_row(line, board) for line in board.lines],
        left_out=[f"{name}: {reason}" for name, reason in sorted(board.left_out.items())],
        page=page,
    )


def _row(line: Line, board: Board) -> list[str]:
    mark = CHOSEN if line.name == board.chosen else "  "
    bounds = line.intervals.get(board.metric)
    spread = f" ± {number(line.spread)}" if line.spread is not None else ""
    return [
        f"{mark}{line.name}",
        "hybrid" if line.role == "model" else line.role,
        f"{number(line.scores[board.metric])}{spread}",
        " to ".join(numbers(*bounds)) if bounds else "",
        _behind(line),
        *([" ".join(numbers(*line.fold_scores))] if board.folds else []),
        "" if line.parameters is None else f"{line.parameters:,}",
        duration(line.train_seconds),
        rate(line.trained_per_second),
        duration(line.predict_seconds),
        rate(line.predicted_per_second),
    ]


def _behind(line: Line) -> str:
    """Return how far a line is behind the best, and whether that is more than noise."""
    if line.behind == 0.0 and line.behind_interval is None:
        return ""
    amount, *bounds = numbers(line.behind, *(line.behind_interval or ()))
    if not bounds:
        return amount
    noise = "" if (line.behind_interval or (0.0,))[0] > 0 else ", noise"
    return f"{amount} ({' to '.join(bounds)}{noise})"
