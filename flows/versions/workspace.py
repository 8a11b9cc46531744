"""A project's settings and results, put back as they were after something has worked with others in their place."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from flows.programs.processes import identity
from flows.versions.command import call_dvc
from flows.versions.snapshot import WRITTEN
from pipeline.foundation.files import json_text, text_if_there, write_atomically

JOURNAL = Path(".convoy") / "workspace.json"

Texts = Mapping[str, str | None]
"""What the files in :data:`flows.versions.snapshot.WRITTEN` held; None: there was none."""


@contextmanager
def put_back(project: Path) -> Iterator[Texts]:
    """Put params, stages, lock and the stages' folders back when the block ends, and after a kill by the next run.

    Args:
        project: The caller holds it.

    Yields:
        What the files hold now.
    """
    before = {name: text_if_there(project / name) for name in WRITTEN}
    story = {"process": asdict(me) if (me := identity()) else None, "before": before}
    write_atomically(json_text(story), project / JOURNAL)
    try:
        yield before
    finally:
        _restore(project, before)


def put_back_killed(project: Path) -> bool:
    """Put back what a killed process left in another state, and return whether there was something.

    Args:
        project: The caller holds it, so whoever wrote the journal is this process, or is gone.
    """
    try:
        story = json.loads((project / JOURNAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if (me := identity()) is not None and story["process"] == asdict(me):
        return False
    _restore(project, story["before"])
    return True


def _restore(project: Path, before: Texts) -> None:
    made = _outs(text_if_there(project / "dvc.lock"))
    for name in reversed(WRITTEN):
        text, path = before[name], project / name
        if text is None:
            path.unlink(missing_ok=True)
        elif text != text_if_there(path):
            write_atomically(text, path)
    known = _outs(before["dvc.lock"])
    for folder in set(made) - set(known):
        shutil.rmtree(project / folder, ignore_errors=True)
    if known:  # what the cache does not hold any more is made again by the next run
        call_dvc(["checkout", "--quiet", "--force", *known], project, must=False)
    (project / JOURNAL).unlink(missing_ok=True)


def _outs(lock: str | None) -> list[str]:
    """Return the folders of the stages that a lock knows."""
    content: dict[str, Any] = YAML(typ="safe").load(lock or "") or {}
    return [out["path"] for stage in content.get("stages", {}).values() for out in stage.get("outs", [])]
