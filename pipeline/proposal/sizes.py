"""How long a window and a forecast are, and what happens at gaps."""

from dataclasses import dataclass

import polars as pl

from pipeline.foundation.steps import step_seconds
from pipeline.preprocessing.series.season import DAY, season_of
from pipeline.proposal.choice import Choice, Wishes

MOST_WINDOWS = 15_000
REGULAR = 0.9
WORKDAYS = 5
WEEKENDS = (0.1, 0.3)
"""Share of distances of three days, Friday to Monday, in a table of business days: one of five, less holidays."""

USUAL = 24
"""Steps to forecast where no season is known."""

VAL, TEST = 0.15, 0.2
CAPPED = "capped so that every part of the split keeps windows"


@dataclass(frozen=True)
class Seen:
    """The table after a look at it."""

    frame: pl.DataFrame
    channels: tuple[str, ...]
    rows_per_group: int
    step: float | None
    season: int | None
    regular: float
    """Share of distances that are the most frequent one."""

    gaps: int
    nulls: int


@dataclass(frozen=True)
class Sizes:
    """Steps of a window, of a forecast (0: none), and between two training windows."""

    window: int
    horizon: int
    stride: int


def look(frame: pl.DataFrame, channels: tuple[str, ...]) -> Seen:
    """Measure the distances and holes of a series table."""
    step = step_seconds(frame)
    seconds = frame.select(pl.col("time").diff().over("group").dt.total_microseconds() / 1e6).to_series()
    distances = seconds.drop_nulls()
    regular = 1.0
    gaps = 0
    if step is not None and len(distances):
        near = (distances > 0.9 * step) & (distances < 1.1 * step)
        regular = float(near.sum()) / len(distances)
        gaps = int((distances > 1.5 * step).sum())
    sizes = frame.group_by("group").len()["len"]
    return Seen(
        frame=frame,
        channels=channels,
        rows_per_group=int(float(sizes.median() or 0)),  # type: ignore[arg-type]
        step=step,
        season=WORKDAYS if step is not None and _are_workdays(distances, step) else season_of(step),
        regular=regular,
        gaps=gaps,
        nulls=sum(frame[name].null_count() for name in channels),
    )


def _are_workdays(distances: pl.Series, step: float) -> bool:
    if abs(step - DAY) > 1 or distances.is_empty():
        return False
    weekends = float((distances == 3 * DAY).sum()) / len(distances)
    return WEEKENDS[0] <= weekends <= WEEKENDS[1]


def choose_sizes(seen: Seen, wishes: Wishes, *, classify: bool) -> tuple[Sizes, list[Choice]]:
    """Return window, horizon and stride that leave enough windows in every part of the split."""
    horizon, why_horizon = (0, "") if classify else _horizon(seen, wishes)
    window, why_window = _class_window(seen, wishes) if classify else _window(seen, wishes, horizon)
    stride = max(1, round((1 - VAL - TEST) * seen.frame.height / MOST_WINDOWS))
    choices = [Choice("preprocessing.window", str(window), why_window)]
    if horizon:
        choices.append(Choice("heads.horizon", str(horizon), why_horizon))
    if stride > 1:
        reason = f"limits training to about {MOST_WINDOWS:,} windows; val and test use every one"
        choices.append(Choice("preprocessing.stride", str(stride), reason))
    return Sizes(window, horizon, stride), choices


def _horizon(seen: Seen, wishes: Wishes) -> tuple[int, str]:
    if wishes.horizon is not None:
        return wishes.horizon, "as you said"
    wanted = seen.season or USUAL
    # A forecast lies within its part as a whole; a third of val is left for forecasts to start in.
    room = max(1, int(seen.rows_per_group * VAL) * 2 // 3)
    season = f"one season is {seen.season}" if seen.season else "no season is known for such steps"
    if room < wanted:
        return room, f"{season}; {CAPPED}"
    return wanted, season if seen.season else f"{season}; {USUAL} is a common choice"


def _window(seen: Seen, wishes: Wishes, horizon: int) -> tuple[int, str]:
    if wishes.window is not None:
        return wishes.window, "as you said"
    train = max(8, int(seen.rows_per_group * (1 - VAL - TEST)) - horizon)
    season = seen.season
    if season is None:
        window = max(2, min(4 * USUAL, train // 4))
        return window, f"{window / horizon:.1f} times the horizon" + ("" if window == 96 else f"; {CAPPED}")
    # Two seasons tell what repeats; one and a step tells at least what was a season ago.
    fitting = [size for size, room in ((2 * season, train // 3), (season + 1, train // 2)) if size <= room]
    window = max([2, min(4 * season, train // 4), *fitting])
    seasons = f"{window / season:.3g} seasons of {season} steps"
    return window, seasons + ("" if window == 4 * season else f"; {CAPPED}")


def _class_window(seen: Seen, wishes: Wishes) -> tuple[int, str]:
    if wishes.window is not None:
        return wishes.window, "as you said"
    rows = int(seen.rows_per_group * VAL)
    window = max(2, min(64, rows // 4))
    return (
        window,
        "a common choice" if window == 64 else f"a quarter of the {rows} rows that val has per series",
    )


def choose_gaps(seen: Seen, window: int) -> Choice:
    """Return what becomes of steps that are missing."""
    if seen.step is None:
        return Choice("preprocessing.gaps", "ignore", "there are no times")
    if not seen.gaps:
        return Choice(
            "preprocessing.gaps", "break", "no step is missing today; a later gap is not papered over"
        )
    if seen.regular < REGULAR:
        return Choice(
            "preprocessing.gaps", "ignore",
            f"only {seen.regular:.0%} of the rows follow one another by the usual step (weekends, irregular times)",
        )  # fmt: skip
    stretch = seen.frame.height / (seen.gaps + seen.frame["group"].n_unique())
    if stretch > 2 * window:
        return Choice("preprocessing.gaps", "break", f"{seen.gaps} gaps, and no window may cross one")
    return Choice(
        "preprocessing.gaps",
        "fill",
        f"{seen.gaps} gaps leave stretches of about {stretch:.0f} rows, too short to cut",
    )
