"""All that `convoy status` tells, found in files, and at Prefect's server where one answers."""

from datetime import UTC, datetime
from pathlib import Path

from flows.status import trouble
from flows.status.data import look_at_data
from flows.status.drift import look_at_drift
from flows.status.found import Data, Status, Trouble
from flows.status.model import look_at_challenger, look_at_champion
from flows.status.runs import look_at_prediction, look_at_runs, promotions
from flows.status.schedule import look_at_schedule
from flows.watching.history import entries
from pipeline.foundation.errors import ConfigError, IntegrityError, PipelineError
from pipeline.params import read_config
from pipeline.registry.champion import Registry, read_registry


def look(project: Path, *, must_be_served: bool = False) -> Status:
    """Return what there is to say about a project; nothing of it is changed.

    Args:
        project: Its folder, absolute.
        must_be_served: Whether it is wrong that nothing serves it.

    Raises:
        ConfigError: The folder is no project.
    """
    if not (project / "params.yaml").is_file():
        raise ConfigError(
            f"{project} has no params.yaml; go to a project's folder, or name it with --project"
        )
    compared = entries(project)
    schedule, api, deployments = look_at_schedule(project)
    run = look_at_runs(project, api, deployments)
    data, settings = _data(project)
    registry, damaged = _registry(project)
    champion = look_at_champion(project, registry)
    prediction, drift = look_at_prediction(project, compared), look_at_drift(compared, champion, run)
    wrong = (
        *settings,
        *trouble.of_schedule(schedule, must_be_served=must_be_served),
        *trouble.of_runs(run, prediction, data),
        *trouble.of_drift(drift, retrains=schedule.retrains_on_drift),
        *trouble.of_project(project),
        *damaged,
        *trouble.of_champion(project, registry),
    )
    return Status(
        project=project.name,
        path=str(project),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        schedule=schedule,
        run=run,
        data=data,
        champion=champion,
        challenger=look_at_challenger(project, promotions(project)),
        prediction=prediction,
        drift=drift,
        wrong=wrong,
    )


def _data(project: Path) -> tuple[Data | None, tuple[Trouble, ...]]:
    try:
        return look_at_data(project, read_config(project / "params.yaml")), ()
    except PipelineError as error:
        return None, (Trouble(str(error), "correct params.yaml"),)


def _registry(project: Path) -> tuple[Registry, tuple[Trouble, ...]]:
    try:
        return read_registry(project), ()
    except IntegrityError as error:
        return Registry(), (Trouble(str(error), "convoy doctor"),)
