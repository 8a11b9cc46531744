"""``make results``: train for the numbers in ``docs/results.md``, and write that page.

Each experiment is a project of its own in ``.convoy/results/``; its stages run one after the other as child
processes, as ``dvc repro`` runs them. Epochs are chosen on val; the test split is read once, at the end. Data
sets are looked for in ``$CONVOY_DATA``, else in ``../shared/datasets``; what is not there is left out, and said so.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

from experiments import EXPERIMENTS, Experiment

from pipeline.params import params_text
from pipeline.quality.propose import propose_suite
from pipeline.sources.build import build_source
from pipeline.stages.run import STAGES

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("CONVOY_DATA", ROOT.parent / "shared" / "datasets"))


@dataclass(frozen=True)
class Outcome:
    """One project that ran."""

    seed: int
    metrics: dict[str, float]
    training_seconds: float
    """Of extract and analyze, start of the process and import of torch included."""

    all_seconds: float


def main() -> None:
    """Run the experiments that were asked for; write the page when those were all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="experiments; default: all, which also writes the page")
    parser.add_argument("--seeds", type=int, help="seeds of each; default: as the experiment says")
    options = parser.parse_args()
    outcomes = {}
    for entry in EXPERIMENTS:
        if options.names and entry.name not in options.names:
            continue
        if entry.data is not None and not (DATA / entry.data).exists():
            print(f"{entry.name}: left out, {DATA / entry.data} is not here")
            continue
        seeds = range(options.seeds or entry.seeds)
        outcomes[entry.name] = [_outcome(entry, seed) for seed in seeds]
    if not options.names:
        (ROOT / "docs" / "results.md").write_text(_page(outcomes), encoding="utf-8")


def _outcome(entry: Experiment, seed: int) -> Outcome:
    project = ROOT / ".convoy" / "results" / f"{entry.name}-{seed}"
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir(parents=True)
    config = entry.config(str(DATA), seed)
    (project / "params.yaml").write_text(params_text(config), encoding="utf-8")
    suite = propose_suite(build_source(config.sources, project).read())
    (project / "quality.yaml").write_text(suite, encoding="utf-8")
    seconds = {stage: _seconds(stage, project) for stage in STAGES}
    metrics = json.loads((project / "data" / "evaluate" / "metrics.json").read_text())
    outcome = Outcome(seed, metrics, seconds["extract"] + seconds["analyze"], sum(seconds.values()))
    score = metrics[f"test/{entry.metric}"]
    print(f"{entry.name} seed {seed}: {entry.metric} {score:.5f}, {outcome.all_seconds:.0f} s", flush=True)
    return outcome


def _seconds(stage: str, project: Path) -> float:
    began = time.monotonic()
    with (project / f"{stage}.log").open("w") as log:
        command = [sys.executable, "-m", "pipeline", stage]
        done = subprocess.run(command, cwd=project, stdout=log, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        sys.exit(f"{project / stage}.log: {(project / f'{stage}.log').read_text().strip()}")
    return time.monotonic() - began


def _page(outcomes: dict[str, list[Outcome]]) -> str:
    lines = [
        "# Results",
        "",
        "Written by `make results`. Epochs are chosen on val and the test split is read once; the one setting that was",
        "ever changed with a test score in sight is noted in `docs/log.md` (MNIST, CNN-LSTM). The settings",
        "are those of `benchmarks/experiments.py`. Intervals: bootstrap over test samples (blocks of windows for",
        "forecasts) of the first seed, 95 %. Times: extract and analyze, start of the processes included.",
        "",
        f"Machine: {_machine()}.",
    ]
    for entry in EXPERIMENTS:
        lines += ["", f"## {entry.title}", ""]
        here = outcomes.get(entry.name)
        lines += _section(entry, here) if here else ["The data set was not at hand."]
    return "\n".join(lines) + "\n"


def _section(entry: Experiment, outcomes: Sequence[Outcome]) -> list[str]:
    first = outcomes[0].metrics
    key = f"test/{entry.metric}"
    scores = [outcome.metrics[key] for outcome in outcomes]
    spread = (
        f" ± {stdev(scores):.4f} (deviation over {len(scores)} seeds)" if len(scores) > 1 else " (one seed)"
    )
    interval = f"{first[f'{key}_low']:.4f} to {first[f'{key}_high']:.4f}"
    rows = [("**hybrid**", f"**{fmean(scores):.4f}**{spread}", interval)]
    rivals = {
        name.split("/")[1]: value
        for name, value in first.items()
        if name.startswith("baseline/") and name.endswith(f"/{entry.metric}")
    }
    better = max if entry.metric == "accuracy" else min
    for name in sorted(rivals, key=lambda name: rivals[name], reverse=better is max):
        rows.append((name, f"{rivals[name]:.4f}", ""))
    seconds = fmean(outcome.training_seconds for outcome in outcomes)
    return [
        f"Reported elsewhere: {entry.claim}.",
        "",
        f"| model | test {entry.metric} | 95 % interval |",
        "|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        f"Training took {seconds:.0f} s, the whole project {fmean(o.all_seconds for o in outcomes):.0f} s.",
    ]


def _machine() -> str:
    import torch

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    return f"{os.cpu_count()} CPU cores, {memory:.0f} GiB, {versions}"


if __name__ == "__main__":
    main()
