"""Charts as numbers ready to be drawn: where each line, tick and cell of an SVG goes.

The template draws them, so whatever a user's data call themselves is escaped there like all text.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.wording import short

Scale = Callable[[float], float]
SMALL_DOT = 2.6
MOST_DOTS = 16
WIDE = 14
"""Classes beyond which a confusion matrix takes the whole width of the page."""

MOST_POINTS = 500
LARGE = ((1e9, "B"), (1e6, "M"))
"""What ticks are told in where they lie so far apart."""

CHARACTER = 6.8
"""Width of a character of a tick label in pixels, about."""


@dataclass(frozen=True)
class Tick:
    """A labelled position on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Line:
    """What is to be drawn: a name, a look (class of the style sheet), and points."""

    name: str
    look: str
    x: Sequence[float]
    y: Sequence[float]
    size: Sequence[float] = ()
    """Radius of the dot of each point; empty: small dots on short lines."""

    is_cloud: bool = False
    """Dots alone, none of them joined to the next."""


@dataclass(frozen=True)
class Drawn:
    """A line in pixels; a dot is its centre and radius."""

    name: str
    look: str
    path: str
    dots: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class LineChart:
    """A chart of lines; the plot area is the box between the four edges."""

    width: int
    height: int
    left: float
    right: float
    top: float
    bottom: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    x_title: str
    y_title: str
    lines: tuple[Drawn, ...]
    rule: float | None = None
    """Where an upright line stands: the best epoch, or now."""

    leaves: tuple[str, ...] = ()
    """Lines that leave the chart at its upper edge."""


def line_chart(
    lines: Sequence[Line],
    *,
    titles: tuple[str, str],
    size: tuple[int, int] = (520, 260),
    cap: float | None = None,
    bounds: tuple[float, float] | None = None,
    rule: float | None = None,
) -> LineChart:
    """Return the chart of ``lines``.

    Args:
        lines: In the order in which they are drawn; the last one lies on top.
        titles: Of the two axes.
        size: Width and height in pixels.
        cap: Highest value shown; lines above it leave the chart, and are named.
        bounds: Lowest and highest value; None: what the lines need.
        rule: Horizontal position of an upright line.
    """
    x_span, y_span = _span([line.x for line in lines]), bounds or _span([line.y for line in lines])
    y_ticks = nice_ticks(y_span[0], y_span[1] if cap is None else min(y_span[1], cap), 5)
    y_span = y_ticks[0].at, y_ticks[-1].at
    whole = all(float(value).is_integer() for line in lines for value in line.x)
    x_ticks = [tick for tick in nice_ticks(*x_span, 6, whole=whole) if x_span[0] <= tick.at <= x_span[1]]
    left = (34 if titles[1] else 14) + CHARACTER * max(len(tick.label) for tick in y_ticks)
    right, top, bottom = size[0] - 12.0, 10.0, size[1] - 40.0

    def across(value: float) -> float:
        return _place(value, x_span, (left, right))

    def up(value: float) -> float:
        return _place(value, y_span, (bottom, top))

    return LineChart(
        width=size[0],
        height=size[1],
        left=round(left, 1),
        right=right,
        top=top,
        bottom=bottom,
        x_ticks=tuple(Tick(across(tick.at), tick.label) for tick in x_ticks),
        y_ticks=tuple(Tick(up(tick.at), tick.label) for tick in y_ticks),
        x_title=titles[0],
        y_title=titles[1],
        lines=tuple(_drawn(line, across, up) for line in lines),
        rule=None if rule is None else across(rule),
        leaves=tuple(line.name for line in lines if max(line.y) > y_span[1]),
    )


def _span(parts: Sequence[Sequence[float]]) -> tuple[float, float]:
    return float(min(min(part) for part in parts)), float(max(max(part) for part in parts))


def nice_ticks(low: float, high: float, count: int, *, whole: bool = False) -> list[Tick]:
    """Return about ``count`` ticks at round numbers that cover ``low`` to ``high``."""
    if not high > low:
        low, high = low - max(abs(low), 1.0) * 0.1, high + max(abs(high), 1.0) * 0.1
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    if whole:
        step = max(round(step), 1)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    unit, mark = next(((unit, mark) for unit, mark in LARGE if step >= unit / 10), (1.0, ""))
    decimals = max(0, -math.floor(math.log10(step / unit) + 1e-9)) + (
        step / power == 2.5 and step / unit < 10
    )
    return [
        Tick(k * step, _label(k * step / unit, decimals) + mark * (k != 0)) for k in range(first, last + 1)
    ]


@dataclass(frozen=True)
class Cell:
    """A square of a heat map; ``weight`` (0 to 1) is how strongly it is filled."""

    x: float
    y: float
    count: int
    weight: float
    is_hit: bool
    told: str


@dataclass(frozen=True)
class HeatMap:
    """A confusion matrix: rows are what was true, columns what was predicted."""

    width: float
    height: float
    left: float
    top: float
    side: float
    font: float
    rows: tuple[Tick, ...]
    columns: tuple[Tick, ...]
    slanted: bool
    is_wide: bool
    cells: tuple[Cell, ...]


def heat_map(counts: NDArray[np.int64], names: Sequence[str]) -> HeatMap:
    """Return the confusion matrix ``(class, class)``; each row is filled by its shares."""
    k = len(names)
    side = float(min(max((520 if k <= WIDE else 800) // k, 18), 84))
    labels = [short(name, 16) for name in names]
    longest = max(len(label) for label in labels)
    slanted = longest * CHARACTER + 4 > side
    left = 34.0 + CHARACTER * longest
    top = 34.0 + (0.72 * CHARACTER * longest if slanted else 12.0)
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shares = counts / totals
    cells = tuple(
        Cell(
            x=left + column * side,
            y=top + row * side,
            count=int(counts[row, column]),
            weight=round(0.15 + 0.85 * float(shares[row, column]) ** 0.7, 3),
            is_hit=row == column,
            told=f"{short(names[row], 60)} taken for {short(names[column], 60)}: {counts[row, column]:,} "
            f"of {totals[row, 0]:,}",
        )
        for row in range(k)
        for column in range(k)
        if counts[row, column]
    )
    middle = [side * (index + 0.5) for index in range(k)]
    end = 0.72 * CHARACTER * longest if slanted else 8.0
    return HeatMap(
        left + k * side + end, top + k * side + 8.0, left, top, side, min(13.0, side * 0.42),
        tuple(Tick(top + at, label) for at, label in zip(middle, labels, strict=True)),
        tuple(Tick(left + at, label) for at, label in zip(middle, labels, strict=True)),
        slanted, k > WIDE, cells,
    )  # fmt: skip


def _place(value: float, span: tuple[float, float], pixels: tuple[float, float]) -> float:
    share = (value - span[0]) / (span[1] - span[0]) if span[1] > span[0] else 0.5
    return round(pixels[0] + share * (pixels[1] - pixels[0]), 1)


def _drawn(line: Line, across: Scale, up: Scale) -> Drawn:
    every = max(-(-len(line.x) // MOST_POINTS), 1)
    points = [(across(x), up(y)) for x, y in zip(line.x[::every], line.y[::every], strict=True)]
    path = "" if line.is_cloud else "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
    has_dots = line.is_cloud or len(points) <= MOST_DOTS
    sizes = line.size[::every] or ([SMALL_DOT] * len(points) if has_dots else [])
    dots = tuple((*point, round(size, 1)) for point, size in zip(points, sizes, strict=False))
    return Drawn(line.name, line.look, path, dots)


def _label(value: float, decimals: int) -> str:
    text = f"{abs(value):,.{decimals}f}"
    return f"−{text}" if value < 0 and float(text.replace(",", "")) else text
