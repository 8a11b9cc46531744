"""``python benchmarks/inflation.py``: how much better a model looks when the split leaks.

Leakage inflation is the test score under ``split.kind=random, duplicates=ignore`` minus the score under the safe
split, the mean over seeds with an interval of 95 % (Student's t; it tells how far the draw of the split matters, not
how other data would fare). Both tests are of the same size. The scorers are logistic regression, as the stage
`baseline` fits it, and the nearest neighbour on the same features, which remembers everything it has seen; with
``--network`` the brief training of the project's own network too, one seed.

For windows of a series a random split is refused (they overlap), so there the windows of the prepared stream are
pooled and shuffled by hand, in the same sizes. Where the safe split finds near-duplicates, the naive score is also
given over those test samples only that have no copy in train or val.
"""

import argparse
import math
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
from inflation_cases import CASES, Case
from numpy.typing import NDArray
from scipy.stats import t as student

from pipeline.baselines.base import answers
from pipeline.baselines.build_features import build_features
from pipeline.baselines.features import read_rows
from pipeline.baselines.logistic import Logistic
from pipeline.config import Config
from pipeline.foundation.paths import Paths
from pipeline.params import read_config
from pipeline.preprocessing.stream import SplitReader
from pipeline.stages.run import run
from pipeline.stages.streams import open_readers

ROOT = Path(__file__).parents[1]
MIRROR = Path(os.environ.get("CONVOY_DATA_MIRROR", ROOT.parent / "shared" / "datasets")).resolve()
CONVOY = str(Path(sys.executable).parent / "convoy")
MOST_WINDOWS = 12_000
NAIVE = {"kind": "random", "duplicates": "ignore", "fold": 0, "train": None}
BRIEF = ("training.epochs=4", "extraction.epochs=1", "baselines.kinds=[majority]")

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Trial:
    """One split and what a scorer got right under it."""

    ids: NDArray[np.int64]
    """``sample_id`` of the test samples."""

    right: dict[str, Bools]
    counts: tuple[int, int, int]


def main() -> None:
    """Measure the cases that were asked for and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="cases; default: all")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--network", action="store_true", help="train the network too (minutes)")
    parser.add_argument("--write", type=Path, help="file for the table")
    options = parser.parse_args()
    lines = [
        "| data | torn apart | scorer | random | safe | inflation | interval | test copies | random without copies |",
        "|---|---|---|---:|---:|---:|---|---:|---:|",
    ]
    for case in CASES:
        if not options.names or case.name in options.names:
            with TemporaryDirectory(prefix="convoy-") as place:
                found = _measured(case, Path(place), seeds=options.seeds, network=options.network)
            print("\n".join(found), flush=True)
            lines += found
    table = "\n".join(lines)
    print(f"\n{table}")
    if options.write:
        options.write.write_text(
            f"# Leakage inflation\n\n{__doc__.split(chr(10), 2)[2].strip()}\n\n{table}\n", encoding="utf-8"
        )


def _measured(case: Case, place: Path, *, seeds: int, network: bool) -> list[str]:
    project = _project(case, place)
    config = read_config(project / "params.yaml")
    for stage in ("ingest", "validate"):
        run(stage, config, project)
    naive: list[Trial] = []
    safe: list[Trial] = []
    copies: dict[int, int] = {}
    for seed in range(seeds):
        split = {"kind": case.safe, "fold": seed % case.folds if case.folds else 0}
        judged = _trial(
            project, _with_split(config, split, seed), case.scorers, network=network and seed == 0
        )
        safe.append(judged)
        copies |= _twins(project)
        if case.safe == "time":
            naive.append(_shuffled(project, case.scorers, seed))
            continue
        total = sum(judged.counts)
        shares = {"val": judged.counts[1] / total, "test": judged.counts[2] / total}
        naive.append(
            _trial(
                project,
                _with_split(config, NAIVE | shares, seed),
                case.scorers,
                network=network and seed == 0,
            )
        )
    return [_line(case, name, naive, safe, copies) for name in naive[0].right]


def _project(case: Case, place: Path) -> Path:
    """Return a fresh project of the case, as ``convoy init`` makes it."""
    folder = place / case.name.replace(" ", "-")
    said = [part for setting in case.settings for part in ("-S", setting)]
    data = ["--data-set", case.data_set]
    if case.made is not None:
        raw, made = folder.with_name(folder.name + "-raw"), folder.with_name(folder.name + "-data")
        _call([CONVOY, "data", "get", case.data_set, "--to", str(raw)])
        case.made(raw / case.data_set, made)
        data = ["--data", str(made)]
    _call([CONVOY, "init", str(folder), *data, *said])
    return folder


def _call(command: list[str]) -> None:
    environment = {**os.environ, "CONVOY_DATA_MIRROR": str(MIRROR)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def _with_split(config: Config, split: dict[str, object], seed: int) -> Config:
    tree = config.model_dump(mode="json")
    tree["preprocessing"]["split"] |= split
    tree["run"]["seed"] = seed
    return Config.model_validate(tree)


def _trial(project: Path, config: Config, scorers: tuple[str, ...], *, network: bool) -> Trial:
    run("preprocess", config, project)
    train, val, test = _readers(project)
    right = {name: SCORERS[name](train, val, test, config.run.seed) for name in scorers}
    if network:
        right["network"] = _network(project, config, test)
    return Trial(test.ids, right, (len(train), len(val), len(test)))


def _readers(project: Path) -> tuple[SplitReader, ...]:
    return open_readers(Paths(project, project, project, project), "train", "val", "test")


def _logistic(train: SplitReader, val: SplitReader, test: SplitReader, seed: int) -> Bools:
    model = Logistic(MOST_WINDOWS)
    model.fit(train, val, seed=seed)
    return answers(model, test).argmax(axis=1) == test.targets(np.arange(len(test)))


def _nearest(train: SplitReader, _val: SplitReader, test: SplitReader, seed: int) -> Bools:
    from sklearn.neighbors import KNeighborsClassifier

    features = build_features(train)
    places = np.sort(np.random.default_rng(seed).permutation(len(train))[:MOST_WINDOWS])
    model = KNeighborsClassifier(1).fit(features.fit(train, places), train.targets(places))
    judged = np.arange(len(test))
    return np.asarray(model.predict(read_rows(features, test, judged)) == test.targets(judged))


SCORERS: dict[str, Callable[[SplitReader, SplitReader, SplitReader, int], Bools]] = {
    "logistic": _logistic,
    "nearest": _nearest,
}


def _network(project: Path, config: Config, test: SplitReader) -> Bools:
    brief = read_config(project / "params.yaml", BRIEF)
    brief = _with_split(brief, config.preprocessing.split.model_dump(), config.run.seed)
    for stage in ("baseline", "extract", "analyze"):
        run(stage, brief, project)
    table = pl.read_parquet(project / "data" / "analyze" / "predictions.parquet")
    told = dict(zip(table["sample_id"], table["target"] == table["prediction"], strict=True))
    return np.array([told[number] for number in test.ids.tolist()])


def _shuffled(project: Path, scorers: tuple[str, ...], seed: int) -> Trial:
    """Pool the windows of all parts, shuffle them, and score on parts of the same sizes as those by time."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    readers = _readers(project)
    rng = np.random.default_rng(seed)
    places = [np.arange(len(reader)) for reader in readers]
    sizes = [min(MOST_WINDOWS, len(readers[0])), len(readers[2])]
    rows = np.concatenate(
        [reader.inputs(place).reshape(len(place), -1) for reader, place in zip(readers, places, strict=True)]
    )
    targets = np.concatenate([reader.targets(place) for reader, place in zip(readers, places, strict=True)])
    ids = np.concatenate([reader.ids for reader in readers])
    order = rng.permutation(len(rows))
    test, train = order[: sizes[1]], order[sizes[1] : sizes[1] + sizes[0]]
    models = {"logistic": LogisticRegression(C=0.01, max_iter=500), "nearest": KNeighborsClassifier(1)}
    right = {
        name: np.asarray(models[name].fit(rows[train], targets[train]).predict(rows[test]) == targets[test])
        for name in scorers
    }
    return Trial(ids[test], right, (len(train), 0, len(test)))


def _twins(project: Path) -> dict[int, int]:
    """Return ``sample_id`` → cluster of near-duplicates, where the safe split looked for them."""
    table = pl.read_csv(project / "data" / "preprocess" / "split.csv", infer_schema_length=None)
    if "twin" not in table.columns or "sample_id" not in table.columns:
        return {}
    known = table.filter(pl.col("twin").is_not_null())
    return dict(zip(known["sample_id"].to_list(), known["twin"].to_list(), strict=True))


def _line(case: Case, scorer: str, naive: list[Trial], safe: list[Trial], copies: dict[int, int]) -> str:
    scores = [
        (first.right[scorer].mean(), second.right[scorer].mean())
        for first, second in zip(naive, safe, strict=True)
        if scorer in first.right and scorer in second.right
    ]
    random, sane = np.array(scores).T
    gains = random - sane
    mean, low, high = _interval(gains)
    interval = f"{low:+.3f} to {high:+.3f}" if len(gains) > 1 else "one seed"
    alone = [_without_copies(trial, copies) for trial in naive]
    share = np.mean([1 - kept.mean() for kept in alone])
    left = np.mean(
        [
            trial.right[scorer][kept].mean()
            for trial, kept in zip(naive, alone, strict=True)
            if scorer in trial.right
        ]
    )
    told = f"{share:.1%} | {left:.3f}" if copies else "— | —"
    figures = f"{random.mean():.3f} | {sane.mean():.3f} | {mean:+.3f} | {interval}"
    return f"| {case.name} | {case.torn} | {scorer} | {figures} | {told} |"


def _interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    mean = float(values.mean())
    if len(values) < 2:
        return mean, mean, mean
    half = float(student.ppf(0.975, len(values) - 1)) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return mean, mean - half, mean + half


def _without_copies(trial: Trial, copies: dict[int, int]) -> Bools:
    """Return which test samples have no near-duplicate outside test."""
    inside = set(trial.ids.tolist())
    outside = {cluster for number, cluster in copies.items() if number not in inside}
    return np.array(
        [copies.get(number) not in outside or number not in copies for number in trial.ids.tolist()]
    )


if __name__ == "__main__":
    main()
