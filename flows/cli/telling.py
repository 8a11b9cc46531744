"""How a command ends: with an exit code, and an error as one sentence."""

import os
import sys
import traceback
from collections.abc import Callable

import typer

from flows.showing.journal import JSON, VARIABLE, complain, listen


def told(call: Callable[[], int], *, debug: bool) -> None:
    """End the process with the exit code of ``call``; an error becomes one sentence."""
    if debug:
        os.environ["CONVOY_DEBUG"] = "1"
    try:
        listen()
        code = call()
    except BrokenPipeError:  # whoever read along has seen enough, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except KeyboardInterrupt:
        code = _complain("stopped; finished stages are kept", 130, debug=debug)
    except Exception as error:
        from pipeline.command import as_told

        sentence = as_told(error)
        code = _complain(str(sentence), sentence.exit_code, debug=debug)
    raise typer.Exit(code)


def _complain(sentence: str, code: int, *, debug: bool) -> int:
    if debug and os.environ.get(VARIABLE) != JSON:
        traceback.print_exc()
    complain(sentence, code, prefix="" if code == 130 else "error: ")
    return code
