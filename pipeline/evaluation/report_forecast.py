"""What the report shows of a forecast."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.charts import Line, LineChart, line_chart
from pipeline.evaluation.forecast import ForecastTruth
from pipeline.evaluation.judged import ForecastDetails, Judged
from pipeline.evaluation.metrics import ErrorSums, mae, mse, r2
from pipeline.evaluation.wording import moment, number, percent

OTHERS = 6
"""Looks for lines that are neither the model nor its best rival."""


@dataclass(frozen=True)
class ChannelRow:
    """How one channel fared, in words; ``ratio`` is the model's MSE as a share of its best rival's."""

    name: str
    scores: tuple[str, ...]
    rival: str
    ratio: float | None


@dataclass(frozen=True)
class BandRow:
    """How well one model knows how sure it may be, in words."""

    name: str
    pinball: str
    coverage: str
    width: str


@dataclass(frozen=True)
class Example:
    """One forecast beside what happened."""

    title: str
    note: str
    chart: LineChart


@dataclass(frozen=True)
class ForecastSection:
    """The part of the page about forecasts."""

    unit: str
    horizon: LineChart
    horizon_narrow: LineChart
    """The same for a narrow screen, on which the other's text would be too small."""

    channels: tuple[ChannelRow, ...]
    examples: tuple[Example, ...]
    bands: tuple[BandRow, ...]
    """The model and its rivals, best first; empty where the model gives no quantiles."""

    promise: str
    """The share of values that a band should cover."""


def forecast_section(judged: Judged, details: ForecastDetails) -> ForecastSection:
    """Return the numbers of the section."""
    return ForecastSection(
        unit="in deviations of the training split" if details.is_scaled else "in the units of the source",
        horizon=_horizon(judged, details, size=(1030, 340)),
        horizon_narrow=_horizon(judged, details, size=(480, 320)),
        channels=_channels(judged, details),
        examples=tuple(_examples(judged, details)),
        bands=_bands(judged) if details.band else (),
        promise=percent(details.band.promise) if details.band else "",
    )


def _bands(judged: Judged) -> tuple[BandRow, ...]:
    told = [line for line in judged.lines if "pinball" in line.scores]
    return tuple(
        BandRow(
            line.name,
            number(line.scores["pinball"]),
            f"{100 * line.scores['coverage']:.1f} %",
            number(line.scores["width"]),
        )
        for line in sorted(told, key=lambda line: line.scores["pinball"])
    )


def _horizon(judged: Judged, details: ForecastDetails, *, size: tuple[int, int]) -> LineChart:
    """Return the error by step; what is far worse than the model and its best rival leaves the chart."""
    strong = {judged.model: "model", judged.verdict.rival: "rival"}
    others = [line.name for line in judged.lines if line.name not in strong]
    looks = {name: f"other-{index % OTHERS}" for index, name in enumerate(others)} | strong
    order = [*reversed(others), *[name for name in (judged.verdict.rival, judged.model) if name]]
    curves = {name: details.errors[name].squared_by_step for name in order}
    steps = np.arange(1, len(curves[judged.model]) + 1).tolist()
    lines = [Line(name, looks[name], steps, curves[name].tolist()) for name in order]
    highest = max(float(curves[name].max()) for name in order if name in strong)
    titles = ("step of the horizon", "mean squared error")
    return line_chart(lines, titles=titles, cap=2.2 * highest, size=size)


def _channels(judged: Judged, details: ForecastDetails) -> tuple[ChannelRow, ...]:
    def by_channel(name: str) -> NDArray[np.float64]:
        return _channel_scores(details.errors[name].binned.sum(axis=0))

    own = by_channel(judged.model)
    rival = by_channel(judged.verdict.rival) if judged.verdict.rival else None
    rows = []
    for index, name in enumerate(details.truth.channels):
        other = None if rival is None else float(rival[index, 0])
        rows.append(
            ChannelRow(
                name=name,
                scores=tuple(number(value) if np.isfinite(value) else "–" for value in own[index].tolist()),
                rival="–" if other is None else number(other),
                ratio=float(own[index, 0] / other) if other else None,
            )
        )
    return tuple(rows)


def _channel_scores(total: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return MSE, MAE and R² per channel, ``(channel, 3)``."""
    channels = len(total) // 4
    alone = np.concatenate([total[:-1].reshape(4, channels).T, np.full((channels, 1), total[-1])], axis=1)
    sums = ErrorSums.split(alone)  # one channel each: (channel, 1)
    return np.stack([mse(sums), mae(sums), r2(sums)], axis=1)


def _examples(judged: Judged, details: ForecastDetails) -> list[Example]:
    """Return forecasts from the best to the worst tenth, one channel after the other."""
    errors = details.errors[judged.model].by_window
    windows, channels = errors.shape
    count = min(judged.examples, windows * channels)
    found, seen = [], set()
    for index in range(count):
        share = index / (count - 1) if count > 1 else 0.5
        channel = index % channels
        order = np.argsort(errors[:, channel], kind="stable")
        window = int(order[round((0.05 + 0.9 * share) * (windows - 1))])
        if (window, channel) not in seen:
            seen.add((window, channel))
            found.append(_example(judged, details, window, channel, share))
    return found


def _example(judged: Judged, details: ForecastDetails, window: int, channel: int, share: float) -> Example:
    truth = details.truth
    steps = list(range(1, truth.target.shape[2] + 1))
    past = look_back(truth, window, channel, most=len(steps))
    lines = []
    if details.band is not None:
        low, high = (edge[window, channel].tolist() for edge in (details.band.low, details.band.high))
        name = f"{percent(details.band.promise)} of what may come"
        lines.append(Line(name, "band", [*steps, *reversed(steps)], [*high, *reversed(low)]))
    if len(past):
        lines.append(Line("before", "past", list(range(1 - len(past), 1)), past.tolist()))
    lines.append(Line("what happened", "truth", steps, truth.target[window, channel].tolist()))
    if details.rival is not None and judged.verdict.rival:
        values = details.rival[window, channel].tolist()
        lines.append(Line(judged.verdict.rival, "rival", steps, values))
    lines.append(Line(judged.model, "model", steps, details.answer[window, channel].tolist()))
    words = "among the best" if share < 0.2 else "among the worst" if share > 0.8 else "ordinary"
    group, time = truth.samples.group[window], truth.samples.time[window]
    where = " · ".join(part for part in (group or "", moment(time)) if part)
    error = number(float(details.errors[judged.model].by_window[window, channel]))
    note = f"{words}: MSE {error}" + (f" · {where}" if where else f" · sample {truth.samples.ids[window]}")
    chart = line_chart(lines, titles=("steps from now", ""), size=(400, 220), rule=0.0 if len(past) else None)
    return Example(truth.channels[channel], note, chart)


def look_back(truth: ForecastTruth, window: int, channel: int, *, most: int) -> NDArray[np.float32]:
    """Return the values up to the end of ``window`` as far as earlier windows' targets tell them.

    The table holds no inputs, but where windows follow one another row by row, the first target of
    each is the row after it.
    """
    ids, group = truth.samples.ids, truth.samples.group
    first = window
    while first > 0 and window - first < most and ids[first - 1] == ids[first] - 1:
        if group[first - 1] != group[window]:
            break
        first -= 1
    past: NDArray[np.float32] = truth.target[first:window, channel, 0]
    return past
