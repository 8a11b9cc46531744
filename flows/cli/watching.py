"""The commands of whoever looks after a project that runs by itself: `convoy status`, `convoy notify`."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Debug, Project
from flows.cli.telling import told


def watching_commands(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(status)
    app.command()(notify)


def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    served: Annotated[
        bool, typer.Option("--served", help="Exit code 1, too, where nothing serves the project.")
    ] = False,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Say how a project stands: schedule, last run, data, champion, drift, and what is wrong now.

    Ends with exit code 0 where all is well, 1 where something needs a person, 2 where there is no project.
    """

    def call() -> int:
        from flows.commands.status import show_status

        return show_status(project, as_json=as_json, must_be_served=served)

    told(call, debug=debug)


def notify(
    test: Annotated[bool, typer.Option("--test", help="Send a message to each address.")] = False,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Say who hears of failed runs and new champions; with --test, try whether they do.

    The addresses are those of CONVOY_NOTIFY, else those in .convoy/environment. Ends with exit code 1 where one did
    not take a message.
    """

    def call() -> int:
        from flows.commands.notify import tell_all

        return tell_all(project, test=test)

    told(call, debug=debug)
