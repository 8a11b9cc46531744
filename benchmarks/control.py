"""``python benchmarks/control.py``: what the pipeline says of data in which there is nothing to learn.

The recipe ``random-control`` (1,000 series of 50 random numbers, random labels) goes through all stages, once for each
of ``--seeds``: other numbers, labels, split and weights each time. It prints every verdict, and how many of them say
that no signal was found: 19 of 20 should. ``--problem motif_order`` is the counterpart: 2,000 series of 64 steps in
which the order of two motifs decides the class, 20 epochs; there a signal has to be found.
"""

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.commands.of_recipe import project_of
from pipeline.foundation.dotted import nested
from pipeline.params import read_config
from pipeline.proposal.choice import Wishes
from pipeline.recipes.read import read_recipe
from pipeline.stages.run import STAGES, run

SILENT = "no signal"
MORE = {
    "noise": {},
    "motif_order": {
        "sources.problem": "motif_order",
        "sources.series": 2000,
        "sources.steps": 64,
        "training.epochs": 20,
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--problem", default="noise", choices=("noise", "motif_order"))
    options = parser.parse_args()
    silent = 0
    for seed in range(options.seeds):
        with TemporaryDirectory(prefix="control-") as place:
            verdict = _verdict(Path(place) / "project", seed, MORE[options.problem])
        silent += SILENT in f"{verdict['headline']}; {verdict['evidence']}"
        print(f"{seed:3}  {verdict['outcome']:12}  {verdict['headline']}: {verdict['evidence']}", flush=True)
    print(f"no signal was found in {silent} of {options.seeds}")


def _verdict(folder: Path, seed: int, settings: dict[str, object]) -> dict[str, str]:
    wishes = Wishes(settings=nested({"sources.seed": seed, "run.seed": seed, **settings}))
    project_of(read_recipe("random-control"), folder, "paper", "full", wishes)
    config = read_config(folder / "params.yaml")
    for stage in STAGES:
        run(stage, config, folder)
    verdict: dict[str, str] = json.loads((folder / "data" / "evaluate" / "report.json").read_text())[
        "verdict"
    ]
    return verdict


if __name__ == "__main__":
    main()
