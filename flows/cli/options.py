"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Project = Annotated[Path, typer.Option("--project", help="Folder with params.yaml and dvc.yaml.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks and the tools' own lines.")]
