"""The task after the stages: the model of the run before the judge."""

from pathlib import Path

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows.registry.tags import artifact_name
from flows.retraining.trip import PROMOTE, Trip
from pipeline.command import as_told


@task(name="promote", task_run_name="promote", cache_policy=NO_CACHE, persist_result=False)
def promote_challenger(project: Path, reports: Path, drift: bool) -> str:
    """Let the model of this run become the champion, if it is blessed, and return how that ended.

    It changes the registry and not ``data/``, so it is no stage. A project whose stages are not Convoy's own names no
    model, and there is nothing to promote.

    Raises:
        PipelineError: The promotion could not be carried out; the champion stays.
    """
    log = get_run_logger()
    if artifact_name(project) is None:
        return "not promoted: dvc.yaml names no artifact for data/analyze"
    from flows.registry.promote import promote_project  # it judges, which takes a while to import

    promotion = promote_project(project, drift=drift, reports=reports)
    log.info(promotion.message)
    return promotion.message


def judge(trip: Trip, *, drift: bool) -> None:
    """Bring the model of a run that went well before the judge; what fails is in ``trip.errors``."""
    errand = trip.errand
    if errand.stop.is_set() or trip.errors:
        return
    try:
        told = promote_challenger(errand.project, errand.reports, drift)
    except Exception as error:
        trip.errors[PROMOTE] = as_told(error)
    else:
        trip.recorder.promotion(told)
