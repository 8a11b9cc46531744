"""The commands of data: `convoy data list`, `show`, `get` of public sets, `query` of a database."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Debug, Project
from flows.cli.telling import told


def data_commands(app: typer.Typer) -> None:
    """Add ``data`` and its commands to ``app``."""
    data = typer.Typer(
        help="Public data sets: list them, read about them, get them; or ask a database.",
        no_args_is_help=True,
    )
    app.add_typer(data, name="data")
    data.command("list")(data_list)
    data.command("show")(data_show)
    data.command("get")(data_get)
    data.command("query")(data_query)


def data_list(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """List the public data sets that Convoy knows, and where each can be had."""

    def call() -> int:
        from flows.commands.data import list_sets

        print(list_sets(project, as_json=as_json))
        return 0

    told(call, debug=debug)


def data_show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Data set, such as mnist.")],
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Say all about one data set: contents, licence, whom to cite, settings."""

    def call() -> int:
        from flows.commands.data import show_set

        print(show_set(name, project))
        return 0

    told(call, debug=debug)


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
        from flows.commands.data import get_set

        print(get_set(name, project, to))
        return 0

    told(call, debug=debug)


def data_query(
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="sqlite:///FILE, duckdb:///FILE, or postgresql://USER@HOST/DATABASE (PGPASSWORD).",
        ),
    ],
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What is asked; with an `order by`.")],
    to: Annotated[Path, typer.Option("--to", help="Parquet file for the answer.")],
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Write the answer of a database to a Parquet file, to begin a project with.

    `flow.new_data` and `flow.new_query` in params.yaml then ask again before every run.
    """

    def call() -> int:
        from flows.commands.data import ask

        print(ask(url, query, to, project))
        return 0

    told(call, debug=debug)
