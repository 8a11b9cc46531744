"""What ``python -m pipeline STAGE`` does: read params, run the stage, tell errors in sentences."""

import argparse
import errno
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from pipeline.config import Config
from pipeline.foundation.errors import ConfigError, MachineError, PipelineError
from pipeline.foundation.files import json_text, write_atomically
from pipeline.foundation.folder import MANIFEST
from pipeline.foundation.parent import PARENT_VARIABLE, die_with_parent
from pipeline.foundation.records import RecordFormatter, are_wanted
from pipeline.foundation.threads import use_threads
from pipeline.foundation.words import harmless
from pipeline.params import read_config
from pipeline.stages.closure import check_code, code_hash
from pipeline.stages.run import STAGES, run, sections
from pipeline.stages.watched import check_watched

log = logging.getLogger("pipeline")

CHAINS = {"train": ("extract", "analyze"), "turn": ("preprocess", "baseline")}
"""What a comparison does in one process, with one start of the libraries: a training, or the data of a fold."""


def main(arguments: Sequence[str]) -> int:
    """Run the stage that ``arguments`` name in the current folder and return the exit code."""
    if "DVC_STAGE" in os.environ:
        die_with_parent(int(os.environ.get(PARENT_VARIABLE, "0")) or None)
    parser = argparse.ArgumentParser(prog="python -m pipeline", description="Run one stage.")
    parser.add_argument("stage", choices=(*STAGES, *CHAINS))
    parser.add_argument("-S", dest="overrides", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    options = parser.parse_args(arguments)
    debug = options.debug or bool(os.environ.get("CONVOY_DEBUG"))
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout, force=True)
    if are_wanted():
        logging.getLogger().handlers[0].setFormatter(RecordFormatter())
    for stage in CHAINS.get(options.stage, (options.stage,)):
        if options.stage in CHAINS and (Path.cwd() / "data" / stage / MANIFEST).is_file():
            continue  # an earlier process got that far
        try:
            _run(stage, options.overrides, Path.cwd())
        except KeyboardInterrupt:
            return 130
        except Exception as error:
            return _tell(stage, as_told(error), debug=debug)
    return 0


def _run(stage: str, overrides: Sequence[str], project: Path) -> None:
    config = read_config(project / "params.yaml", overrides)
    use_threads(config.run.threads)  # before the stage is loaded, and NumPy, Polars or torch with it
    check_code(stage, project)
    check_watched(stage, config, project)
    before = _obeyed(stage, config)

    def unchanged() -> None:
        """Refuse to keep what belongs to other settings or code than DVC will file it under: today's."""
        if _obeyed(stage, read_config(project / "params.yaml", overrides)) != before:
            raise ConfigError(
                f"params.yaml or the code of {stage} was changed while {stage} ran; what it made belongs to neither "
                f"and was not kept, run again"
            )

    report = run(stage, config, project, confirm=unchanged)
    log.info("%s", report.summary)


def _obeyed(stage: str, config: Config) -> tuple[object, ...]:
    """Return everything that the result of a stage depends on besides its data."""
    return (code_hash(stage), *(getattr(config, name) for name in sections(stage)))


def as_told(error: BaseException) -> PipelineError:
    """Return any error as one that is told in a sentence; the traceback stays with it as its cause."""
    if isinstance(error, PipelineError):
        return error
    told = _from_the_machine(error) or PipelineError(
        f"{type(error).__name__}: {error or 'no message'}{_where(error)}. Nobody foresaw this error; `--debug` "
        f"shows where it comes from"
    )
    told.__cause__ = error
    return told


def _from_the_machine(error: BaseException) -> MachineError | None:
    if isinstance(error, MemoryError):
        return MachineError(
            "the machine has not enough memory for this; smaller batches or windows need less"
        )
    if not isinstance(error, OSError):
        return None
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return MachineError(
            f"the disk that holds {error.filename or Path.cwd()} is full; free some space and run again, "
            f"nothing that was finished is lost"
        )
    if error.filename and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return MachineError(
            f"{error.filename} cannot be opened or changed ({error.strerror}); `convoy doctor` looks at the folders"
        )
    return None


def _where(error: BaseException) -> str:
    """Return the deepest line of this project's own code that the error came through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if {"pipeline", "flows"} & set(Path(frame.filename).parts)]
    return f" ({Path(own[-1].filename).name}:{own[-1].lineno})" if own else ""


def _tell(stage: str, error: PipelineError, *, debug: bool) -> int:
    """Tell the error to a person, or write it where the flow finds it: DVC loses exit codes."""
    if not _written(stage, error):
        print("\n".join(map(harmless, f"error in {stage}: {error}".split("\n"))), file=sys.stderr)
    if debug:
        traceback.print_exception(error)
    return error.exit_code


def _written(stage: str, error: PipelineError) -> bool:
    run_folder = os.environ.get("CONVOY_RUN_FOLDER")
    if run_folder is None:
        return False
    story = {
        "stage": stage,
        "error": type(error.__cause__ or error).__name__,
        "message": str(error),
        "exit_code": error.exit_code,
        "retryable": error.retryable,
    }
    try:
        write_atomically(json_text(story), Path(run_folder) / f"{stage}.json")
    except OSError:  # a full disk
        return False
    return True
