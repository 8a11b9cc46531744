"""The commands that bring a model elsewhere: `convoy export`, `convoy serve-model`."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Debug, Project
from flows.cli.telling import told

Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="FOLDER|champion",
        help="Folder of a model, or the champion; without: the champion, or before any promotion the last run's.",
    ),
]


def export_commands(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(export)


def export(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the bundle goes.")],
    model: Model = None,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Write a model as a folder that scores raw rows with NumPy and onnxruntime, without this package.

    Rows of the test split are predicted by both first; where they do not agree, nothing is left.
    """

    def call() -> int:
        from flows.commands.export import export_model

        return export_model(out, project, model=model)

    told(call, debug=debug)
