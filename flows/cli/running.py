"""The commands that train and look: `run`, `compare`, `reproduce`, `stage`, `ui`, `doctor`."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Debug, Project
from flows.cli.telling import told


def running_commands(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(run)
    app.command()(compare)
    app.command()(reproduce)
    app.command()(stage)
    app.command()(ui)
    app.command()(doctor)


def run(
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "-S", metavar="KEY=VALUE", help="Change a setting in params.yaml first: -S training.epochs=5."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Run every stage, even if nothing changed.")] = False,
    promote: Annotated[
        bool, typer.Option("--promote", help="Then let the model become the champion, if it may.")
    ] = False,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Bring all stages up to date, and print the metrics beside the baselines.

    Stages whose inputs, settings and code have not changed are skipped. The run is recorded in a local
    Prefect server, or in the one that PREFECT_API_URL names.
    """

    def call() -> int:
        from flows.commands.run import run_project

        return run_project(project, overrides or [], force=force, promote=promote, debug=debug)

    told(call, debug=debug)


def compare(
    plan: Annotated[
        str | None,
        typer.Argument(
            metavar="PLAN",
            help="Preset or file with candidates; without: compare.yaml, else the preset rivals.",
        ),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option("--seeds", min=1, max=1000, help="Trainings of each candidate.")
    ] = None,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Train rivals and ablations of the model on the same data, and print a leaderboard with what each costs.

    Each training is kept under the hash of its data, settings, code and seed: an interrupted comparison goes on
    where it stopped, a repeated one costs nothing.
    """

    def call() -> int:
        from flows.commands.comparison import compare_project

        return compare_project(project, plan, seeds=seeds, debug=debug)

    told(call, debug=debug)


def reproduce(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Recipe; without: a list of all there are.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Run all recipes, one after the other.")] = False,
    budget: Annotated[
        str, typer.Option("--budget", help="small: minutes on two cores; full: what a publication deserves.")
    ] = "small",
    protocol: Annotated[
        str | None, typer.Option("--protocol", help="Only this one: paper or safe; without: both.")
    ] = None,
    home: Annotated[Path, typer.Option("--home", help="Where the projects of the recipes go.")] = Path(
        "reproductions"
    ),
    out: Annotated[Path, typer.Option("--out", help="The page of all results.")] = Path("docs/results.md"),
    debug: Debug = False,
) -> None:
    """Run published systems from their recipes, and write what is claimed beside what was measured.

    Each is run by its own protocol and by one in which nothing leaks. What was trained before, with the same data,
    settings and code, is not trained again.
    """

    def call() -> int:
        from flows.commands.of_recipe import check_protocol
        from flows.commands.reproduce import list_recipes, reproduce
        from pipeline.foundation.errors import ConfigError
        from pipeline.recipes.read import read_recipe, recipe_names

        if budget not in ("small", "full"):
            raise ConfigError(f"--budget {budget} is unknown; give small or full")
        if name is None and not every:
            print(list_recipes())
            return 0
        if name is not None and every:
            raise ConfigError(f"give the recipe {name}, or --all of them")
        names = recipe_names() if name is None else (name,)
        if name is not None and protocol is not None:
            check_protocol(read_recipe(name), protocol)
        only = () if protocol is None else (protocol,)
        return reproduce(names, budget=budget, home=home, out=out, protocols=only, debug=debug)  # type: ignore[arg-type]

    told(call, debug=debug)


def stage(
    name: Annotated[str, typer.Argument(help="Stage in dvc.yaml, such as preprocess.")],
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Bring one stage, and the stages it needs, up to date; without Prefect."""

    def call() -> int:
        from flows.commands.stage import run_one_stage

        return run_one_stage(project, name)

    told(call, debug=debug)


def ui(
    port: Annotated[int | None, typer.Option("--port", help="Port; 4200 if it is free.")] = None,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Show the history of runs in Prefect's UI on 127.0.0.1, until Ctrl-C."""

    def call() -> int:
        from flows.commands.ui import show_history

        return show_history(project, port=port)

    told(call, debug=debug)


def doctor(
    repair: Annotated[
        bool, typer.Option("--repair", help="Drop stale locks, leftovers of killed runs and damaged files.")
    ] = False,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Say what is wrong with this machine, this environment or this project, and how to mend it."""

    def call() -> int:
        from flows.doctor.examine import examine

        return examine(project, repair=repair)

    told(call, debug=debug)
