"""The joint: a stage is found by its name and called with the sections that its parameters name."""

import importlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import signature
from pathlib import Path

from pipeline.config import Config
from pipeline.foundation.errors import PipelineError
from pipeline.foundation.files import write_json
from pipeline.foundation.folder import stage_folder
from pipeline.foundation.parent import die_with_parent
from pipeline.foundation.paths import Paths
from pipeline.foundation.section import Report

STAGES = ("ingest", "validate", "preprocess", "baseline", "extract", "analyze", "evaluate")


def load(name: str) -> Callable[..., Report]:
    """Return the function of the stage ``name``; only its module is imported."""
    function: Callable[..., Report] = getattr(importlib.import_module(f"pipeline.stages.{name}"), name)
    return function


def sections(name: str) -> tuple[str, ...]:
    """Return the sections of ``params.yaml`` that the stage obeys: its parameters but ``data``."""
    return tuple(key for key in signature(load(name)).parameters if key != "data")


def run(name: str, config: Config, project: Path, *, confirm: Callable[[], None] = lambda: None) -> Report:
    """Run one stage in ``project``: its folder ``data/NAME`` is complete afterwards, or as it was before.

    Args:
        name: The stage.
        config: What ``params.yaml`` says.
        project: Folder with ``data/``.
        confirm: Called when all is written; raises where the result must not be kept after all.

    Raises:
        PipelineError: What the stage raises; its folder is then left as it was.
    """
    helps = is_helper()
    if helps:
        die_with_parent()
        logging.getLogger("pipeline").setLevel(logging.ERROR)  # one process tells for all
    reports = Path(os.environ.get("CONVOY_REPORTS", project / "reports" / "by-hand"))
    with _thrown_away(project / "data" / name) if helps else stage_folder(project / "data" / name) as out:
        paths = Paths(project, out, reports, project / ".convoy" / "checkpoints")
        arguments = {key: getattr(config, key) for key in sections(name)}
        report = load(name)(**arguments, data=paths)
        write_json(report.model_dump(mode="json"), out / "report.json")
        confirm()
    return report


def is_helper() -> bool:
    """Return whether another process of the same training runs this stage, and this one only helps it train.

    Lightning starts the command once more per device; ``torchrun`` and SLURM start all of them.
    """
    ranks = (os.environ.get(name, "0") for name in ("RANK", "SLURM_PROCID", "NODE_RANK", "LOCAL_RANK"))
    return any(rank not in ("", "0") for rank in ranks)


@contextmanager
def _thrown_away(final: Path) -> Iterator[Path]:
    """Yield a folder for what a helper would write; an error is told by the process that it helps."""
    folder = final.parent / ".tmp" / f"{final.name}.{os.getpid()}"
    folder.mkdir(parents=True)
    try:
        yield folder
    except PipelineError as error:
        raise SystemExit(error.exit_code) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
