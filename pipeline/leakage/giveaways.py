"""Columns that give the target away, each on its own."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.leakage.answers import target_classes, target_numbers
from pipeline.leakage.clusters import Ints
from pipeline.leakage.findings import Finding, Severity
from pipeline.leakage.parts import Parts, batches, chosen_rows, together

MOST_ROWS = 50_000
SURE, NEARLY = 0.99, 0.98
"""Balanced accuracy of one column alone: a leak; worth a look."""

SAME = 0.999
"""Correlation of a column with the number that is asked for."""

CHECK = "columns that give the target away"


def giveaways(parts: Parts) -> list[Finding]:
    """Return the columns that on their own give (nearly) all answers."""
    names = tuple(dict.fromkeys((*parts.values, *parts.static)))
    if not names:
        return []
    if parts.head == "forecast":
        return _ahead_of_time(parts)
    classes = target_classes(parts)
    if classes is None:
        return []
    places = np.linspace(0, parts.keys.height - 1, min(parts.keys.height, MOST_ROWS)).astype(np.int64)
    values = _values(parts, names, places)
    scores = {
        name: _correlation(values[name], target_numbers(parts)[places])
        if parts.head == "regress"
        else _accuracy(values[name], classes[places], parts.of("train")[places])
        for name in names
    }
    return [_finding(parts, scores)]


def _values(parts: Parts, names: tuple[str, ...], places: Ints) -> pl.DataFrame:
    """Return columns for some samples: of a window its last row, of a whole group the mean, of a clip its own frame."""
    keys = parts.keys[places]
    if parts.whole:
        schema = pl.read_parquet_schema(parts.table)
        means = (
            pl.scan_parquet(parts.table)
            .group_by("group")
            .agg(pl.col(name).mean() if schema[name].is_numeric() else pl.col(name).first() for name in names)
            .collect(engine="streaming")
        )
        return keys.join(means, on="group", how="left", maintain_order="left")
    found = together(chosen_rows(parts.table, list(names), keys["sample_id"].to_numpy(), rows=50_000))
    return keys.drop("target").join(found, on="sample_id", how="left", maintain_order="left")


def _accuracy(values: pl.Series, classes: Ints, trains: NDArray[np.bool_]) -> float:
    """Return how many samples outside train get the class of the nearest training value, the mean over classes."""
    numbers = values if values.dtype.is_numeric() else values.rank("dense")
    known = numbers.cast(pl.Float64).to_numpy()
    nearest = values.dtype.is_numeric()
    asked = (classes >= 0) & np.isfinite(known)
    learnt, judged = asked & trains, asked & ~trains
    # A column that is mostly empty says little, however right it is where it is not.
    if learnt.sum() < 10 or judged.sum() < 0.5 * max((~trains & (classes >= 0)).sum(), 1):
        return 0.0
    distinct, inverse = np.unique(known[learnt], return_inverse=True)
    counts = np.zeros((len(distinct), int(classes.max()) + 1), np.int32)
    np.add.at(counts, (inverse, classes[learnt]), 1)
    said = counts.argmax(axis=1)
    right = np.searchsorted(distinct, known[judged])
    left = np.clip(right - 1, 0, len(distinct) - 1)
    right = np.clip(right, 0, len(distinct) - 1)
    closer = np.where(known[judged] - distinct[left] < distinct[right] - known[judged], left, right)
    hit = said[closer] == classes[judged]
    if not nearest:
        hit &= distinct[closer] == known[judged]
    present = np.unique(classes[judged])
    return (
        float(np.mean([hit[classes[judged] == name].mean() for name in present])) if len(present) > 1 else 0.0
    )


def _correlation(values: pl.Series, numbers: NDArray[np.float64]) -> float:
    if not values.dtype.is_numeric():
        return 0.0
    column = values.cast(pl.Float64).to_numpy()
    known = np.isfinite(column) & np.isfinite(numbers)
    if known.sum() < 10 or np.ptp(column[known]) == 0 or np.ptp(numbers[known]) == 0:
        return 0.0
    return float(abs(np.corrcoef(column[known], numbers[known])[0, 1]))


def _finding(parts: Parts, scores: dict[str, float]) -> Finding:
    regress = parts.head == "regress"
    leak, doubt = (SAME, SAME) if regress else (SURE, NEARLY)
    ranked = sorted(scores, key=lambda name: -scores[name])
    given = [name for name in ranked if scores[name] >= doubt]
    if not given:
        best = f"; the closest is {ranked[0]!r} with {scores[ranked[0]]:.2f}"
        how = (
            "correlates with the target above 0.999"
            if regress
            else f"gives more than {NEARLY:.0%} of the classes"
        )
        sentence = f"no column of {len(scores):,} {how} on its own{best}"
        return Finding(check=CHECK, severity="none", sentence=sentence, of=len(scores))
    severity: Severity = "leak" if scores[given[0]] >= leak else "warning"
    told = f"{given[0]!r} alone " + (
        f"correlates with the target by {scores[given[0]]:.4f}"
        if regress
        else f"gives the class of {scores[given[0]]:.1%} of the samples outside train"
    )
    more = f"; {len(given) - 1} more (nearly) as well" if len(given) > 1 else ""
    setting = "of preprocessing.static" if given[0] in parts.static else "with sources.channels"
    advice = f"leave it out {setting}, unless it is known before the answer is"
    return Finding(
        check=CHECK,
        severity=severity,
        sentence=f"{told}{more}; {advice}",
        count=len(given),
        of=len(scores),
        examples=tuple(f"{name}: {scores[name]:.4f}" for name in given[:3]),
    )


def _ahead_of_time(parts: Parts) -> list[Finding]:
    """Look for a channel whose change now is another's change one step later, as after a shift the wrong way."""
    schema = pl.read_parquet_schema(parts.table)
    names = [name for name in parts.values if schema[name].is_numeric()][:200]
    first = next(batches(parts.table, ["group", *names], rows=MOST_ROWS))
    if len(names) < 2 or first.height < 30:
        return []
    same = (first["group"].eq_missing(first["group"].shift(2))).to_numpy()[2:]
    steps = np.diff(first.select(names).to_numpy().astype(np.float64), axis=0)
    now, later = steps[:-1][same], steps[1:][same]
    known = np.isfinite(now).all(axis=1) & np.isfinite(later).all(axis=1)
    if known.sum() < 30:
        return []
    now, later = (part[known] - part[known].mean(axis=0) for part in (now, later))
    sizes = np.outer(np.linalg.norm(now, axis=0), np.linalg.norm(later, axis=0))
    likeness = np.abs(now.T @ later) / np.where(sizes > 0, sizes, np.inf)
    np.fill_diagonal(likeness, 0)
    pairs = np.argwhere(likeness > SAME)
    check = "channels that know the next step"
    if not len(pairs):
        sentence = f"none of {len(names)} channels changes as another one does a step later"
        return [Finding(check=check, severity="none", sentence=sentence, of=len(names))]
    told = [f"{names[one]} → {names[other]}: {likeness[one, other]:.4f}" for one, other in pairs.tolist()]
    one, other = pairs[0].tolist()
    return [
        Finding(
            check=check,
            severity="leak",
            sentence=f"{names[one]!r} changes as {names[other]!r} does one step later, so it knows the future; "
            f"leave it out, or shift it back, unless it truly leads",
            count=len(pairs),
            of=len(names),
            examples=tuple(told[:3]),
        )
    ]
