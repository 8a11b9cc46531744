"""What goes after a run, and by which setting: it makes room also where the run failed, for want of it perhaps."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prefect import get_run_logger

from flows.runs.retention import prune, prune_compared
from flows.versions.leaving import is_under_way, let_leave
from flows.versions.sweep import sweep_cache
from pipeline.foundation.errors import PipelineError
from pipeline.foundation.words import plural
from pipeline.params import read_config


@contextmanager
def tidied(project: Path) -> Iterator[None]:
    """Remove old runs, snapshots and objects of the cache when the block ends, however it ends.

    What cannot be removed is said and left; the run has ended as it did.

    Args:
        project: The caller holds it.
    """
    try:
        yield
    finally:
        log = get_run_logger()
        try:
            for told in tidy(project):
                log.info(told)
        except (PipelineError, OSError) as error:
            log.warning("what is old was not all removed: %s", error)


def tidy(project: Path) -> Iterator[str]:
    """Remove what is old, and yield what to tell; of the past that a backfill looks at nothing goes meanwhile."""
    flow = read_config(project / "params.yaml").flow
    prune(project, flow.keep_runs)
    if flow.keep_cache_days is not None and (count := prune_compared(project, flow.keep_cache_days)):
        yield f"removed {plural(count, 'folder')} that no comparison used for {plural(flow.keep_cache_days, 'day')}"
    if is_under_way(project):
        return
    yield from let_leave(project)
    if flow.keep_cache_days is not None and (told := sweep_cache(project, flow.keep_cache_days)):
        yield told
