"""The `convoy` command. Every import that costs time waits until its command is called."""

import typer

from flows.cli.data_sets import data_commands
from flows.cli.export import export_commands
from flows.cli.predict import predict_commands
from flows.cli.projects import project_commands
from flows.cli.registry import registry_commands
from flows.cli.running import running_commands
from flows.cli.schedules import schedule_commands
from flows.cli.watching import watching_commands

app = typer.Typer(
    name="convoy",
    help="Data in, an honest verdict on a CNN/LSTM hybrid out: every stage cached, every run recorded.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for add in (
    running_commands,
    project_commands,
    data_commands,
    registry_commands,
    predict_commands,
    schedule_commands,
    watching_commands,
    export_commands,
):
    add(app)


def main() -> None:
    """Entry point of the `convoy` command."""
    app()
