"""The command of schedules: `convoy serve`."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Debug, Project
from flows.cli.telling import told


def serve_commands(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(serve)


def serve(
    cron: Annotated[
        str | None, typer.Option("--cron", metavar="LINE", help="When: '0 3 * * 1-5' is three on weekdays.")
    ] = None,
    every: Annotated[
        str | None, typer.Option("--every", metavar="TIME", help="Instead: 30m, 6h, 1d, from start to start.")
    ] = None,
    timezone: Annotated[
        str, typer.Option("--timezone", help="Zone of the cron line, such as Europe/Berlin.")
    ] = "UTC",
    overlap: Annotated[
        str, typer.Option("--overlap", help="A time that comes during a run: skip it, or queue it.")
    ] = "skip",
    missed: Annotated[
        str,
        typer.Option("--missed", help="Times that passed while nothing served: none, the newest, or all."),
    ] = "newest",
    promote: Annotated[
        bool, typer.Option(help="Let the model of each run become the champion, if it is blessed.")
    ] = True,
    on_drift: Annotated[
        str | None,
        typer.Option(
            "--retrain-on-drift",
            metavar="PAUSE",
            help="Retrain as well when drift is told, at most once per 6h, 1d, ….",
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Of the deployment; else the folder's.")] = None,
    unit: Annotated[
        bool, typer.Option("--unit", help="Print a systemd unit that serves this, instead of serving.")
    ] = False,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Retrain at given times, until Ctrl-C: look for new data, run what they change, promote what is better.

    A Prefect server of the project's own stands meanwhile, on SQLite and 127.0.0.1; or name one in PREFECT_API_URL.
    """

    def call() -> int:
        from flows.commands.run import be_quiet_about
        from flows.schedules.schedule import Schedule, interval_of
        from flows.schedules.serve import serve as begin
        from flows.schedules.unit import unit_text
        from flows.showing.terminal import Terminal

        schedule = Schedule(
            cron,
            interval_of(every) if every else None,
            timezone,
            overlap=overlap,
            missed=missed,
            on_drift=interval_of(on_drift, "--retrain-on-drift") if on_drift else None,
        )
        if unit:
            Terminal().line(unit_text(project, schedule, name=name, promote=promote))
            return 0
        be_quiet_about(debug)
        begin(project, schedule, name=name, promote=promote)
        return 0

    told(call, debug=debug)
