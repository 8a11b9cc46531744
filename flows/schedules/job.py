"""What is served or deployed: a flow of one project, its parameters, and when it runs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from platform import node
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound

from flows.predict import predict
from flows.retrain import retrain
from flows.schedules.schedule import Schedule
from flows.schedules.wishes import Wishes
from flows.server.history import PROJECT, history_name
from pipeline.foundation.errors import ConfigError

STRATEGIES = {"skip": ConcurrencyLimitStrategy.CANCEL_NEW, "queue": ConcurrencyLimitStrategy.ENQUEUE}

HOST = "host:"
"""Begin of the tag that says on which machine a deployment was made."""

LATELY = timedelta(minutes=2)
"""Who has not asked the server for due runs for so long serves nothing any more; it is asked every ten seconds."""


@dataclass(frozen=True)
class Job:
    """One flow of a project at the times of a schedule."""

    flow: Any
    name: str
    """Of the deployment."""

    schedule: Schedule
    parameters: dict[str, Any]

    @property
    def title(self) -> str:
        """Name that Prefect's commands take: flow and deployment."""
        return f"{self.flow.name}/{self.name}"

    def times(self, before: DeploymentResponse | None) -> Any:
        """Return the schedule as Prefect has it; ``before`` is the deployment that was there, if there was one."""
        return self.schedule.of_prefect(
            [] if before is None else [known.schedule for known in before.schedules]
        )

    @property
    def tags(self) -> list[str]:
        """Tags of the deployment and of its runs."""
        return [HOST + node()]

    @property
    def limit(self) -> ConcurrencyLimitConfig:
        """One run at a time."""
        return ConcurrencyLimitConfig(limit=1, collision_strategy=STRATEGIES[self.schedule.overlap])


def jobs_of(project: Path, wishes: Wishes) -> list[Job]:
    """Return the flows that the user wants to have run.

    Args:
        project: Absolute.
        wishes: What the user wants.
    """
    name, made = wishes.deployment(project), []
    if wishes.retrain is not None:
        asked: dict[str, Any] = {"project": str(project), "promote": wishes.promote}
        asked |= {"missed": wishes.retrain.missed, "pause": seconds(wishes.retrain.on_drift)}
        made.append(Job(retrain, name, wishes.retrain, asked))
    if wishes.prediction is not None and wishes.predict is not None:
        asked = {"project": str(project), **wishes.prediction.parameters(), "missed": wishes.predict.missed}
        made.append(Job(predict, name, wishes.predict, asked))
    return made


def seconds(pause: timedelta | None) -> int | None:
    """Return a pause as the flow takes it."""
    return None if pause is None else int(pause.total_seconds())


def deployed(job: Job) -> DeploymentResponse | None:
    """Return the deployment that the server has under the name of a job.

    Raises:
        ConfigError: It is of another project, or another machine serves it.
    """
    with get_client(sync_client=True) as client:
        try:
            found = client.read_deployment_by_name(job.title)
        except ObjectNotFound:
            return None
    own, other = job.parameters["project"], found.parameters.get("project")
    if other != own and history_name(Path(own)) != PROJECT:  # a project's own server moves with its folder
        raise ConfigError(
            f"{job.title} at this server belongs to the project {other}; give this one another name with --name, or "
            f"end that one: `prefect deployment delete {job.title}`"
        )
    if not is_of_host(found) and _is_served(found):
        raise ConfigError(
            f"{job.title} at this server is served by {_host(found)} and was asked for at "
            f"{found.last_polled:%Y-%m-%d %H:%M:%S %Z}; give this one another name with --name, or end that one and "
            f"try again after {int(LATELY.total_seconds())} s"
        )
    return found


def is_of_host(found: DeploymentResponse) -> bool:
    """Return whether a deployment was made on this machine, as far as it says."""
    return _host(found) in (None, node())


def _host(found: DeploymentResponse) -> str | None:
    return next((tag.removeprefix(HOST) for tag in found.tags if tag.startswith(HOST)), None)


def _is_served(found: DeploymentResponse) -> bool:
    """Return whether a serving process asked for due runs of it lately; a worker is no such process."""
    asked = found.last_polled
    return found.work_pool_name is None and asked is not None and asked > datetime.now(UTC) - LATELY
