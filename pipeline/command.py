"""What ``python -m pipeline STAGE`` does: read params, run the stage, tell errors in sentences."""

import argparse
import errno
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.foundation.errors import MachineError, PipelineError
from pipeline.foundation.files import json_text, write_atomically
from pipeline.foundation.parent import die_with_parent
from pipeline.params import read_config
from pipeline.stages.run import STAGES, run

log = logging.getLogger("pipeline")


def main(arguments: Sequence[str]) -> int:
    """Run the stage that ``arguments`` name in the current folder and return the exit code."""
    if "DVC_STAGE" in os.environ:
        die_with_parent()
    parser = argparse.ArgumentParser(prog="python -m pipeline", description="Run one stage.")
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("-S", dest="overrides", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout, force=True)
    project = Path.cwd()
    try:
        report = run(options.stage, read_config(project / "params.yaml", options.overrides), project)
    except PipelineError as error:
        return _tell(options.stage, error, debug=options.debug)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        full = MachineError(
            f"the disk that holds {error.filename or project} is full; free some space and run again, "
            f"nothing that was finished is lost"
        )
        return _tell(options.stage, full, debug=options.debug)
    log.info("%s", report.summary)
    return 0


def _tell(stage: str, error: PipelineError, *, debug: bool) -> int:
    """Print the error for a person, and write it where the flow finds it: DVC loses exit codes."""
    if run_folder := os.environ.get("CONVOY_RUN_FOLDER"):
        story = {
            "stage": stage,
            "error": type(error).__name__,
            "message": str(error),
            "exit_code": error.exit_code,
            "retryable": error.retryable,
        }
        write_atomically(json_text(story), Path(run_folder) / f"{stage}.json")
    print(f"error in {stage}: {error}", file=sys.stderr)
    if debug or os.environ.get("CONVOY_DEBUG"):
        raise error
    return error.exit_code
