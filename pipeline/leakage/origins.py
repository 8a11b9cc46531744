"""Labels that can be read off from where a sample comes from, instead of from what it holds."""

import re
from pathlib import PurePosixPath

import numpy as np
import polars as pl

from pipeline.leakage.answers import target_classes
from pipeline.leakage.association import by_chance, cramers_v, foretold
from pipeline.leakage.clusters import Ints
from pipeline.leakage.findings import Finding, Severity
from pipeline.leakage.parts import Parts, chosen_rows, together

MOST_SAMPLES = 20_000
STRONG, FAINT, UNLIKELY = 0.3, 0.1, 0.01
MOST_VALUES = 60
BINS = 8
LINE = re.compile(r":\d+$")

PROPERTIES = {
    "images": ("height", "width", "bands", "encoding"),
    "clips": ("height", "width", "bands", "encoding"),
    "sound": ("rate", "samples"),
}


def origins(parts: Parts) -> list[Finding]:
    """Return how far file, folder, size, colour mode and file format go with the label, beyond chance."""
    classes = target_classes(parts)
    if classes is None or (parts.kind == "series" and not parts.whole) or len(np.unique(classes)) < 2:
        return []
    count = parts.keys.height
    places = np.linspace(0, count - 1, min(count, MOST_SAMPLES)).astype(np.int64)
    places = places[classes[places] >= 0]
    said = f" (looked at {len(places):,} of {count:,})" if count > MOST_SAMPLES else ""
    targets = np.unique(classes[places], return_inverse=True)[1]
    trains = parts.of("train")[places]
    known = {**_from_paths(parts, places), **_from_properties(parts, places)}
    return [
        _finding(name, _numbered(values), targets, trains, said=said, regress=parts.head == "regress")
        for name, values in known.items()
        if 1 < values.n_unique() <= max(MOST_VALUES, 0) and values.n_unique() < len(values) / 2
    ]


def _from_paths(parts: Parts, places: Ints) -> dict[str, pl.Series]:
    """Return the file and each folder level, without those that are named after the label."""
    origin = parts.keys["origin"].gather(places.tolist()).fill_null("")
    targets = parts.keys["target"].gather(places.tolist()).fill_null("")
    paths = [PurePosixPath(LINE.sub("", name).replace("\\", "/")) for name in origin.to_list()]
    found = {"the source file": pl.Series([str(path) for path in paths])}
    for level in range(1, min(max((len(path.parts) for path in paths), default=1), 5)):
        found[f"the folder (level {level})"] = pl.Series(
            [path.parts[level - 1] if len(path.parts) > level else "" for path in paths]
        )
    return {name: values for name, values in found.items() if not _named_after(values, targets)}


def _named_after(values: pl.Series, targets: pl.Series) -> bool:
    """Return whether a folder or file says the label in its name, which is how such sources give labels."""
    pairs = pl.DataFrame({"value": values, "target": targets}).unique().head(500)
    spelt = [
        target.strip().casefold() in value.casefold() for value, target in pairs.iter_rows() if target.strip()
    ]
    return bool(spelt) and sum(spelt) > 0.9 * len(spelt)


def _from_properties(parts: Parts, places: Ints) -> dict[str, pl.Series]:
    columns = [name for name in PROPERTIES.get(parts.kind, ()) if name in parts.columns]
    if not columns:
        return {}
    ids = parts.keys["sample_id"].to_numpy()[places]
    rows = together(chosen_rows(parts.table, columns, ids, rows=50_000))
    own = pl.DataFrame({"sample_id": ids}).join(rows, on="sample_id", how="left", maintain_order="left")
    if parts.kind == "sound":
        return {"the rate": own["rate"], "the duration": _binned(own["samples"] / own["rate"].clip(1))}
    area = own["height"].cast(pl.Float64) * own["width"]
    return {
        "the image size": _binned(area),
        "the aspect of the image": _binned(own["width"] / own["height"].clip(1)),
        "the colour mode": own["bands"],
        "the file format": own["encoding"],
    }


def _binned(values: pl.Series) -> pl.Series:
    """Return values as they are where there are few, else the eighth of all that each falls into."""
    if values.n_unique() <= BINS:
        return values
    return (values.rank("average") * BINS / (len(values) + 1)).cast(pl.Int32)


def _numbered(values: pl.Series) -> Ints:
    ranks: Ints = values.rank("dense").fill_null(0).cast(pl.Int64).to_numpy()
    return np.unique(ranks, return_inverse=True)[1]


def _finding(
    name: str, values: Ints, targets: Ints, trains: np.ndarray, *, said: str, regress: bool
) -> Finding:
    kinds, kind = ("ranges of the target", "range") if regress else ("classes", "class")
    check = f"labels that follow {name}"
    strength, chance = cramers_v(values, targets), by_chance(values, targets)
    reached, guess = foretold(values, targets, trains)
    figures = f"Cramér's V {strength:.2f}, by chance in {chance:.1%} of shuffles{said}"
    if chance > UNLIKELY or strength < FAINT:
        sentence = f"labels do not follow {name} ({figures})"
        return Finding(check=check, severity="none", sentence=sentence, of=len(values))
    severity: Severity = "warning" if strength >= STRONG else "note"
    return Finding(
        check=check,
        severity=severity,
        sentence=f"{name.capitalize()} alone gives {reached:.0%} of the {kinds} where guessing gives {guess:.0%} "
        f"({figures}); a model may learn it instead of the matter: bring samples of every {kind} from every source",
        count=int(values.max()) + 1,
        of=len(values),
    )
