"""The commands of schedules: `convoy serve`, `convoy deploy`, `convoy backfill`."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import (
    Cron,
    Debug,
    Every,
    EveryStep,
    Missed,
    Model,
    Name,
    OnDrift,
    Out,
    Overlap,
    Predict,
    Project,
    Promote,
    Timezone,
)
from flows.cli.telling import told


def schedule_commands(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(serve)
    app.command()(deploy)
    app.command()(backfill)


def serve(
    cron: Cron = None,
    every: Every = None,
    timezone: Timezone = "UTC",
    overlap: Overlap = "skip",
    missed: Missed = "newest",
    promote: Promote = True,
    predict: Predict = None,
    out: Out = None,
    model: Model = None,
    every_step: EveryStep = False,
    retrain_cron: Annotated[
        str | None,
        typer.Option("--retrain-cron", metavar="LINE", help="With --predict: retrain, too, at this."),
    ] = None,
    retrain_every: Annotated[
        str | None,
        typer.Option("--retrain-every", metavar="TIME", help="Instead of --retrain-cron: 1d, 12h."),
    ] = None,
    on_drift: OnDrift = None,
    name: Name = None,
    unit: Annotated[
        bool, typer.Option("--unit", help="Print a systemd unit that serves this, instead of serving.")
    ] = False,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Retrain, or predict, at given times, until Ctrl-C.

    To retrain is to look for new data, run what they change, and promote what is better; to predict is to write a file
    where something is new. A Prefect server of the project's own stands meanwhile, on SQLite and 127.0.0.1; or name one
    in PREFECT_API_URL.
    """

    def call() -> int:
        from flows.commands.run import be_quiet_about
        from flows.schedules.asked import When, wishes_of
        from flows.schedules.serve import serve as begin
        from flows.schedules.unit import unit_text
        from flows.schedules.wishes import prediction_of
        from flows.showing.terminal import Terminal

        be_quiet_about(debug)
        wishes = wishes_of(
            project,
            When(cron, every, timezone, overlap, missed, on_drift),
            prediction_of(predict, out, model=model, every=every_step),
            retrain=When(retrain_cron, retrain_every, timezone, overlap, missed, on_drift),
            name=name,
            promote=promote,
        )
        if unit:
            for line in unit_text(project.resolve(), wishes).splitlines():
                Terminal().line(line)
            return 0
        begin(project.resolve(), wishes)
        return 0

    told(call, debug=debug)


def deploy(
    work_pool: Annotated[
        str, typer.Option("--work-pool", metavar="NAME", help="Of process workers; made if there is none.")
    ],
    cron: Cron = None,
    every: Every = None,
    timezone: Timezone = "UTC",
    overlap: Overlap = "skip",
    missed: Missed = "newest",
    promote: Promote = True,
    predict: Predict = None,
    out: Out = None,
    model: Model = None,
    every_step: EveryStep = False,
    on_drift: OnDrift = None,
    name: Name = None,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Register retraining, or predictions, at the Prefect server that PREFECT_API_URL names.

    Process workers of the work pool run it: prefect worker start --pool NAME --type process.
    """

    def call() -> int:
        from flows.commands.run import be_quiet_about
        from flows.schedules.asked import When, wishes_of
        from flows.schedules.wishes import prediction_of

        be_quiet_about(debug)
        asked = prediction_of(predict, out, model=model, every=every_step)
        when = When(cron, every, timezone, overlap, missed, on_drift)
        wishes = wishes_of(project, when, asked, name=name, promote=promote)
        from flows.schedules.deploy import deploy as register
        from flows.schedules.job import jobs_of

        register(project.resolve(), jobs_of(project.resolve(), wishes), work_pool)
        return 0

    told(call, debug=debug)


def backfill(
    begin: Annotated[str, typer.Option("--from", metavar="DATE", help="First day or time: 2026-11-01.")],
    end: Annotated[str, typer.Option("--to", metavar="DATE", help="Last day or time, included.")],
    cron: Cron = None,
    every: Every = None,
    timezone: Timezone = "UTC",
    every_run: Annotated[
        bool, typer.Option("--every-run", help="Run times, too, at which no snapshot was new.")
    ] = False,
    promote: Annotated[
        bool,
        typer.Option("--promote", help="Let the model of each run become the champion, if it is blessed."),
    ] = False,
    name: Name = None,
    project: Project = Path(),
    debug: Debug = False,
) -> None:
    """Run past times of the project's schedule, the oldest first, each with the data that were there then.

    The times are those of the deployment that `convoy serve` or `convoy deploy` made, or of --cron or --every. What
    was done before is left out. Afterwards params, lock and data are what they were.
    """

    def call() -> int:
        from flows.commands.run import be_quiet_about
        from flows.schedules.asked import When
        from flows.schedules.backfill import backfill as run_past

        be_quiet_about(debug)
        when = When(cron, every, timezone).schedule_or_none()
        return run_past(
            project.resolve(), (begin, end), when, every_run=every_run, promote=promote, name=name
        )

    told(call, debug=debug)
