"""The `convoy` command. Every import that costs time waits until its command is called."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli_predict import predict
from flows.cli_registry import registry_commands
from flows.cli_serve import serve_commands
from flows.telling import told

app = typer.Typer(
    name="convoy",
    help="Data in, an honest verdict on a CNN/LSTM hybrid out: every stage cached, every run recorded.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

data_app = typer.Typer(help="Public data sets: list them, read about them, get them.", no_args_is_help=True)
app.add_typer(data_app, name="data")

Project = Annotated[Path, typer.Option("--project", help="Folder with params.yaml and dvc.yaml.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks and the tools' own lines.")]


@app.command()
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
        from flows.run import run_project

        return run_project(project, overrides or [], force=force, promote=promote, debug=debug)

    told(call, debug=debug)


@app.command()
def compare(
    plan: Annotated[
        str | None,
        typer.Argument(
            metavar="PLAN",
            help="Preset or file with candidates; without: compare.yaml, else the preset rivals.",
        ),
    ] = None,
    seeds: Annotated[int | None, typer.Option("--seeds", min=1, help="Trainings of each candidate.")] = None,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Train rivals and ablations of the model on the same data, and print a leaderboard with what each costs.

    Each training is kept under the hash of its data, settings, code and seed: an interrupted comparison goes on
    where it stopped, a repeated one costs nothing.
    """

    def call() -> int:
        from flows.comparison import compare_project

        return compare_project(project, plan, seeds=seeds, debug=debug)

    told(call, debug=debug)


@app.command()
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
        from flows.reproduce import check_protocol, list_recipes, reproduce
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


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New folder of the project.")],
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            help="File, folder, archive or URL: tables (CSV, TSV, JSON Lines, also .gz; Parquet), a database, images "
            "in class folders, .npz, IDX, image sequences, films, volumes, recordings, .ts, WFDB; without: digits.",
        ),
    ] = None,
    data_set: Annotated[
        str | None,
        typer.Option(
            "--data-set", metavar="NAME", help="Public data set of the catalogue (`convoy data list`)."
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option("--recipe", metavar="NAME", help="Published system (`convoy reproduce` lists them)."),
    ] = None,
    target: Annotated[str | None, typer.Option("--target", help="Column to learn.")] = None,
    time: Annotated[str | None, typer.Option("--time", help="Column with the times.")] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="Column that says what belongs together.")
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="Column with a text to read.")] = None,
    horizon: Annotated[int | None, typer.Option("--horizon", min=1, help="Time steps to forecast.")] = None,
    window: Annotated[int | None, typer.Option("--window", min=1, help="Time steps the model sees.")] = None,
    ordered: Annotated[
        bool, typer.Option("--ordered", help="Rows are in order, one step apart: no column has to say when.")
    ] = False,
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "-S",
            metavar="KEY=VALUE",
            help="A setting that outweighs what is proposed: -S sources.encoding=latin-1; {data} in it stands for the "
            "path of the data.",
        ),
    ] = None,
    copy: Annotated[bool, typer.Option(help="Take a snapshot of the data into the project.")] = True,
    debug: Debug = False,
) -> None:
    """Make a project from your own data, after a look at it; says what was chosen and why."""

    def call() -> int:
        if recipe is not None:
            from flows.reproduce import check_protocol, project_of
            from pipeline.recipes.read import read_recipe

            wanted = read_recipe(recipe)
            print(project_of(wanted, folder, check_protocol(wanted, None), "full"))
            return 0
        from flows.init import make_project
        from pipeline.proposal.choice import Wishes
        from pipeline.proposal.settings import settings_tree

        wishes = Wishes(
            target, time, group, horizon=horizon, window=window, ordered=ordered, text=text,
            settings=settings_tree(overrides or []),
        )  # fmt: skip
        print(make_project(folder, data, wishes, data_set=data_set, copy=copy))
        return 0

    told(call, debug=debug)


@data_app.command("list")
def data_list(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """List the public data sets that Convoy knows, and where each can be had."""

    def call() -> int:
        from flows.data import list_sets

        print(list_sets(project, as_json=as_json))
        return 0

    told(call, debug=debug)


@data_app.command("show")
def data_show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Data set, such as mnist.")],
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Say all about one data set: contents, licence, whom to cite, settings."""

    def call() -> int:
        from flows.data import show_set

        print(show_set(name, project))
        return 0

    told(call, debug=debug)


@data_app.command("get")
def data_get(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Data set, such as mnist.")],
    project: Project = Path(),
    to: Annotated[
        Path | None, typer.Option("--to", help="Folder that it goes below, instead of data/raw under DVC.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Bring a data set to data/raw/NAME, checked by its hash, under DVC where this is a project.

    The folder that CONVOY_DATA_MIRROR names is looked at first; a download that breaks off goes on next time.
    """

    def call() -> int:
        from flows.data import get_set

        print(get_set(name, project, to))
        return 0

    told(call, debug=debug)


@app.command()
def audit(
    train: Annotated[
        Path | None,
        typer.Argument(metavar="TRAIN", help="File or folder that trains; without: the last run."),
    ] = None,
    test: Annotated[Path | None, typer.Argument(metavar="TEST", help="File or folder that tests.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="Column that is learnt.")] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="Column that says what belongs together.")
    ] = None,
    time: Annotated[str | None, typer.Option("--time", help="Column with the times.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="Column with a text to read.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Look for what inflates a test score: copies, shared groups, columns that give the answer away.

    Between two files or folders, or in the project's last run. Ends with exit code 4 where there is a leak.
    """

    def call() -> int:
        from flows.audit import audit as look

        if (train is None) != (test is None):
            from pipeline.foundation.errors import ConfigError

            raise ConfigError("give two files, one that trains and one that tests; or none, for the last run")
        files = None if train is None or test is None else (train, test)
        columns = {"target": target, "group": group, "time": time, "text": text}
        return look(files, project, columns, as_json=as_json)

    told(call, debug=debug)


@app.command()
def accept(
    verdict: Annotated[
        Path | None,
        typer.Option("--verdict", help="Verdict to accept, such as that of a run that was stopped."),
    ] = None,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Take the data as they are now for what later data are compared with."""

    def call() -> int:
        from flows.accept import accept_data

        print(accept_data(project, verdict))
        return 0

    told(call, debug=debug)


@app.command()
def stage(
    name: Annotated[str, typer.Argument(help="Stage in dvc.yaml, such as preprocess.")],
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Bring one stage, and the stages it needs, up to date; without Prefect."""

    def call() -> int:
        from flows.stage import run_one_stage

        return run_one_stage(project, name)

    told(call, debug=debug)


@app.command()
def ui(
    port: Annotated[int | None, typer.Option("--port", help="Port; 4200 if it is free.")] = None,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Show the history of runs in Prefect's UI on 127.0.0.1, until Ctrl-C."""

    def call() -> int:
        from flows.ui import show_history

        return show_history(project, port=port)

    told(call, debug=debug)


@app.command()
def doctor(
    repair: Annotated[
        bool, typer.Option("--repair", help="Drop stale locks, leftovers of killed runs and damaged files.")
    ] = False,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Say what is wrong with this machine, this environment or this project, and how to mend it."""

    def call() -> int:
        from flows.doctor import examine

        return examine(project, repair=repair)

    told(call, debug=debug)


registry_commands(app)
app.command()(predict)
serve_commands(app)


def main() -> None:
    """Entry point of the `convoy` command."""
    app()
