"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Project = Annotated[Path, typer.Option("--project", help="Folder with params.yaml and dvc.yaml.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks and the tools' own lines.")]

Cron = Annotated[
    str | None, typer.Option("--cron", metavar="LINE", help="When: '0 3 * * 1-5' is three on weekdays.")
]
Every = Annotated[
    str | None, typer.Option("--every", metavar="TIME", help="Instead: 30m, 6h, 1d, from start to start.")
]
Timezone = Annotated[str, typer.Option("--timezone", help="Zone of the cron line, such as Europe/Berlin.")]
Overlap = Annotated[
    str, typer.Option("--overlap", help="A time that comes during a run: skip it, or queue it.")
]
Missed = Annotated[
    str, typer.Option("--missed", help="Times that passed while nothing served: none, the newest, or all.")
]
OnDrift = Annotated[
    str | None,
    typer.Option(
        "--retrain-on-drift",
        metavar="PAUSE",
        help="Retrain as well when drift is told, at most once per 6h, 1d, ….",
    ),
]
Promote = Annotated[
    bool, typer.Option(help="Let the model of each run become the champion, if it is blessed.")
]
Name = Annotated[str | None, typer.Option("--name", help="Of the deployment; else the folder's.")]
Predict = Annotated[
    str | None,
    typer.Option("--predict", metavar="INPUT", help="Predict this at these times, instead of retraining."),
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FOLDER", help="Where predictions go: a file for each time.")
]
Model = Annotated[
    Path | None,
    typer.Option("--model", metavar="FOLDER", help="Predict with this model; without: the champion."),
]
EveryStep = Annotated[
    bool, typer.Option("--every-step", help="Predict series in windows at every step of each group.")
]
