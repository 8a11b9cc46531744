"""The commands of the registry: `convoy models`, `promote`, `rollback`, `lineage`."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Debug, Project
from flows.cli.telling import told


def registry_commands(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(models)
    app.command()(promote)
    app.command()(rollback)
    app.command()(lineage)


def models(project: Project = Path(), debug: Debug = False) -> None:
    """List the models that were promoted, with score, data and commit, and say which is the champion."""

    def call() -> int:
        from flows.registry.models import show_models

        return show_models(project)

    told(call, debug=debug)


def promote(
    force: Annotated[
        str | None,
        typer.Option(
            "--force", metavar="REASON", help="Even if it is not blessed; the reason is kept with it."
        ),
    ] = None,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Hold the model of the last run against the champion, and let it take its place if it may.

    It may if it is better on the same test rows by more than `registry.margin`, beyond noise; blessing.json says why
    or why not. With git, params, stages and lock are committed to a branch of their own and tagged for
    `dvc artifacts get`; your branch, index and files stay as they are.
    """

    def call() -> int:
        from flows.registry.models import tell
        from flows.registry.promote import promote_project

        return tell(promote_project(project, force=force))

    told(call, debug=debug)


def rollback(
    version: Annotated[
        str | None,
        typer.Argument(metavar="VERSION", help="As `convoy models` lists it; without: the one before."),
    ] = None,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Make an earlier version the champion again, at once; neither data/ nor your branch changes."""

    def call() -> int:
        from flows.registry.models import say
        from flows.registry.rollback import roll_back

        say(roll_back(project, version))
        return 0

    told(call, debug=debug)


def lineage(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="WHAT",
            help="A file of predictions, a version, `champion`, or the folder of a model; without: the champion.",
        ),
    ] = None,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Print what stands behind a prediction or a model, back to the source, and check every link.

    ✓ is checked, – cannot be checked here and says why, ✗ is not what it was: then the exit code is 5.
    """

    def call() -> int:
        from flows.commands.lineage import show_lineage

        return show_lineage(what, project)

    told(call, debug=debug)
