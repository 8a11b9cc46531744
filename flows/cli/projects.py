"""The commands of data that become a project: `init`, `audit`, `accept`."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Debug, Project
from flows.cli.telling import told


def project_commands(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(init)
    app.command()(audit)
    app.command()(accept)


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
        typer.Option(
            "--recipe",
            metavar="NAME",
            help="Published system (`convoy reproduce` lists them); with --data or --data-set its network on those.",
        ),
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
        from flows.commands.init import make_project
        from pipeline.proposal.choice import Wishes
        from pipeline.proposal.settings import settings_tree

        wishes = Wishes(
            target, time, group, horizon=horizon, window=window, ordered=ordered, text=text,
            settings=settings_tree(overrides or []),
        )  # fmt: skip
        if recipe is not None:
            from flows.commands.of_recipe import check_protocol, network_of, project_of, what_is_from
            from pipeline.recipes.read import read_recipe

            wanted = read_recipe(recipe)
            if data is None and data_set is None:
                print(project_of(wanted, folder, check_protocol(wanted, None), "full", wishes))
                return 0
            said = make_project(folder, data, network_of(wanted, wishes), data_set=data_set, copy=copy)
            print(what_is_from(wanted), said, sep="\n\n")
            return 0
        print(make_project(folder, data, wishes, data_set=data_set, copy=copy))
        return 0

    told(call, debug=debug)


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
        from flows.commands.audit import audit as look

        if (train is None) != (test is None):
            from pipeline.foundation.errors import ConfigError

            raise ConfigError("give two files, one that trains and one that tests; or none, for the last run")
        files = None if train is None or test is None else (train, test)
        columns = {"target": target, "group": group, "time": time, "text": text}
        return look(files, project, columns, as_json=as_json)

    told(call, debug=debug)


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
        from flows.commands.accept import accept_data

        print(accept_data(project, verdict))
        return 0

    told(call, debug=debug)
