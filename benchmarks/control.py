"""``python benchmarks/control.py``: what the pipeline says of data in which there is nothing to learn.

The recipe ``random-control`` (1,000 series of 50 random numbers, random labels) goes through all stages, once for each
of ``--seeds``: other numbers, labels, split and weights each time. Every verdict is printed, and in how many of them no
signal was found; so it should be in 19 of 20. ``--problem motif_order`` is the counterpart: series of the same form in
which the order of two motifs decides the class, and a signal has to be found.
"""

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.commands.of_recipe import project_of
from pipeline.params import override_params
from pipeline.recipes.read import read_recipe
from pipeline.stages.run import STAGES, run

SILENT = "no signal"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--problem", default="noise", choices=("noise", "motif_order"))
    parser.add_argument("-S", dest="overrides", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    silent = 0
    for seed in range(options.seeds):
        with TemporaryDirectory(prefix="control-") as place:
            verdict = _verdict(
                Path(place) / "project", seed, [f"sources.problem={options.problem}", *options.overrides]
            )
        silent += SILENT in f"{verdict['headline']}; {verdict['evidence']}"
        print(f"{seed:3}  {verdict['outcome']:12}  {verdict['headline']}: {verdict['evidence']}", flush=True)
    print(f"no signal was found in {silent} of {options.seeds}")


def _verdict(folder: Path, seed: int, overrides: list[str]) -> dict[str, str]:
    project_of(read_recipe("random-control"), folder, "paper", "full")
    seeds = [f"sources.seed={seed}", f"run.seed={seed}"]
    config = override_params(folder / "params.yaml", [*seeds, *overrides])
    for stage in STAGES:
        run(stage, config, folder)
    verdict: dict[str, str] = json.loads((folder / "data" / "evaluate" / "report.json").read_text())[
        "verdict"
    ]
    return verdict


if __name__ == "__main__":
    main()
