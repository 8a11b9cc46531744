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
    app.command("serve-model")(serve_model)


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


def serve_model(
    model: Model = None,
    host: Annotated[
        str, typer.Option("--host", help="Where it listens; elsewhere than here it needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any that is free.")] = 8700,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file", metavar="FILE", help="Token that callers send; or CONVOY_TOKEN holds it."
        ),
    ] = None,
    max_body: Annotated[
        float, typer.Option("--max-body", metavar="MB", help="Largest request, in megabytes.")
    ] = 10.0,
    max_rows: Annotated[
        int, typer.Option("--max-rows", metavar="ROWS", help="Most rows, or files, of a request.")
    ] = 100_000,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Answer rows over HTTP: POST /predict with JSON, CSV, Parquet or images; /health, /model, /metrics, /openapi.json.

    The rows pass the same code as with `convoy predict`. A champion that is promoted meanwhile takes over without a
    restart.
    """

    def call() -> int:
        from flows.commands.serve_model import Address, serve_model

        return serve_model(project, Address(host, port, token_file, max_body, max_rows), model=model)

    told(call, debug=debug)
