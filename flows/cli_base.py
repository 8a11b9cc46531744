"""What all commands share: their common options, and how an error becomes one sentence."""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

Project = Annotated[Path, typer.Option("--project", help="Folder with params.yaml and dvc.yaml.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks and the tools' own lines.")]


def told(call: Callable[[], int], *, debug: bool) -> None:
    """End the process with the exit code of ``call``; an error becomes one sentence."""
    if debug:
        os.environ["CONVOY_DEBUG"] = "1"
    try:
        code = call()
    except BrokenPipeError:  # whoever read along has seen enough, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except KeyboardInterrupt:
        code = _complain("stopped; finished stages are kept", 130, debug=debug)
    except Exception as error:
        from pipeline.command import as_told

        told = as_told(error)
        code = _complain(str(told), told.exit_code, debug=debug)
    raise typer.Exit(code)


def _complain(sentence: str, code: int, *, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    print(f"error: {sentence}" if code != 130 else sentence, file=sys.stderr)
    return code
