"""The leaderboard: every candidate beside every floor and rival, on the same test samples."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pipeline.comparison.choice import VAL, choose
from pipeline.comparison.hearing import Entry, Hearing, hearing_of
from pipeline.config import Config
from pipeline.evaluation.judge import DECIDING, Head, Standing
from pipeline.evaluation.metrics import METRICS
from pipeline.evaluation.verdict import Verdict


class Line(Standing):
    """One line of the leaderboard, with what it cost."""

    train_seconds: float | None = None
    """Of one training, on average."""

    predict_seconds: float | None = None
    """For the whole test split, or the whole pool."""

    trained_per_second: float | None = None
    """Samples that training went through in a second."""

    predicted_per_second: float | None = None

    fold_scores: tuple[float, ...] = ()
    """By the deciding metric, in the order of the board's folds; empty: there is no pool."""


class Board(BaseModel):
    """What a comparison came to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    head: Head
    metric: str
    better: str
    verdict: Verdict
    """Of the hybrid that val chose, against the best of all that are no hybrid."""

    chosen: str
    """That hybrid."""

    chosen_by: str
    how: str | None
    """What the intervals are made of; None where there are none."""

    shortage: str | None
    confidence: float = 0.95
    seeds: int
    folds: tuple[str, ...] = ()
    """What tested in each fold of the pool; empty: a single test split was judged."""

    counts: dict[str, int] = {}
    """Samples per split; of a pool, all that were tested, and the mean of what a fold had to train and to choose."""

    audit: dict[str, int] = {}
    """Findings of the leakage audit by severity; of a pool, each check by its worst fold."""

    lines: tuple[Line, ...]
    left_out: dict[str, str]


def leaderboard(
    entries: Sequence[Entry],
    project: Path,
    config: Config,
    *,
    about: str = "",
    left_out: Mapping[str, str] | None = None,
) -> Board:
    """Judge ``entries`` beside the project's own floors and rivals.

    Args:
        entries: The trained candidates; one at least has the role ``model`` or ``hybrid``.
        project: Its ``data/preprocess`` and ``data/baseline`` are read.
        config: How many resamples, which intervals.
        about: What is compared.
        left_out: Candidate → why it does not take part.

    Raises:
        DataError: Predictions are missing, not finite, or of other samples.
        IntegrityError: A stage has not finished.
    """
    return board_of(hearing_of(entries, project, left_out), config, about=about)


def board_of(hearing: Hearing, config: Config, *, about: str = "") -> Board:
    """Judge everybody who takes part in a hearing.

    Raises:
        DataError: Predictions are missing, not finite, or of other samples.
    """
    head = hearing.head
    chosen = choose(hearing.entries, head, int(hearing.division.counts.get("val", 0)))
    judged = hearing.judged(config, chosen)
    known = {entry.name: entry for entry in hearing.entries}
    return Board(
        about=about,
        head=head,
        metric=DECIDING[head],
        better=METRICS[DECIDING[head]].better,
        verdict=judged.verdict,
        chosen=chosen,
        chosen_by=f"val {VAL[head]}",
        how=judged.how,
        shortage=judged.shortage,
        confidence=judged.confidence,
        seeds=max(len(entry.predictions) for entry in hearing.entries),
        counts=dict(hearing.division.counts),
        audit={name: count for name, count in hearing.findings.counts().items() if count},
        lines=tuple(_line(line, known[line.name]) for line in judged.lines),
        left_out=dict(hearing.left_out),
    )


def _line(standing: Standing, entry: Entry) -> Line:
    costs: dict[str, float] = {}
    if entry.times:
        each, folds = len(entry.times), len(entry.predictions[0])
        train = sum(time.train_seconds for time in entry.times)
        predict = sum(time.predict_seconds for time in entry.times)
        costs = {"train_seconds": train / each, "predict_seconds": predict / each * folds}
        trained, predicted = (
            sum(time.trained for time in entry.times),
            sum(time.predicted for time in entry.times),
        )
        if trained and train > 0:
            costs["trained_per_second"] = trained / train
        if predicted and predict > 0:
            costs["predicted_per_second"] = predicted / predict
    return Line(**standing.model_dump(), **costs)
