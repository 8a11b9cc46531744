"""The command ``convoy predict``."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.telling import told


def predict_commands(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(predict)


def predict(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT", help="File, folder, pattern or URL of data like those that were trained on."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Where the predictions go: .parquet or .csv.")],
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            metavar="FOLDER",
            help="Folder of a model; without: the champion, before any promotion that of the last run.",
        ),
    ] = None,
    every: Annotated[
        bool,
        typer.Option(
            "--every-step",
            help="Series in windows: a prediction at every step, not only at the last one of each group.",
        ),
    ] = False,
    fail_on_drift: Annotated[
        bool,
        typer.Option("--fail-on-drift", help="End with exit code 4 where rows or predictions have drifted."),
    ] = False,
    project: Annotated[
        Path, typer.Option("--project", help="Folder with params.yaml and dvc.yaml.")
    ] = Path(),
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and the tools' own lines.")] = False,
) -> None:
    """Predict rows that training never saw; those that cannot be scored come back with the reason.

    The rows are read, checked and prepared as those of training were, with what was fitted then. A target may be
    there or not. Rows and predictions are compared with those of training; FILE.drift.json says what moved. Ends with
    exit code 3 where not one row could be scored.
    """

    def call() -> int:
        from flows.commands.predict import predict_rows

        return predict_rows(source, out, project, model=model, every=every, fail_on_drift=fail_on_drift)

    told(call, debug=debug)
