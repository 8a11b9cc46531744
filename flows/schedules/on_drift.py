"""Retraining when drift is told, no more often than asked for: the automation, and what it could not start."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.events.actions import RunDeployment
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

from flows.showing.terminal import Terminal
from flows.watching.asking import DELAY, ask_again
from flows.watching.event import EVENT, resource_of


def retrain_on_drift(deployment: UUID, project: Path, name: str, *, pause: timedelta | None) -> None:
    """Let ``convoy.drift`` of a project start its deployment, or not any more.

    The retrain has the parameter ``drift``: its model then only must not be worse than the champion.

    Args:
        deployment: What is started.
        project: Whose drift it is.
        name: Name of the deployment.
        pause: From one retrain to the next at least; None: no automation, and one that is there goes.
    """
    title = automation_name(name)
    with get_client(sync_client=True) as client:
        for known in client.read_automations_by_name(title):
            client.delete_automation(known.id)
        if pause is not None:
            client.create_automation(_automation(title, deployment, project, pause))


def begin_on_drift(deployment: UUID, project: Path, name: str, *, pause: timedelta | None) -> None:
    """Let drift start retrains from now on, and the one that was asked for while nothing served the project."""
    retrain_on_drift(deployment, project, name, pause=pause)
    if pause is not None and (time := ask_again(deployment, project, pause)) is not None:
        Terminal().line(f"{name}: drift waits for a retrain; it begins at {time:%Y-%m-%d %H:%M:%S %Z}")


def automation_name(name: str) -> str:
    """Return how the automation of a deployment is called in Prefect's UI."""
    return f"convoy: retrain {name} on drift"


def _automation(title: str, deployment: UUID, project: Path, pause: timedelta) -> AutomationCore:
    return AutomationCore(
        name=title,
        description="Made by --retrain-on-drift; without it the next `convoy serve` or `deploy` removes this.",
        trigger=EventTrigger(
            expect={EVENT},
            match=ResourceSpecification.model_validate(resource_of(project)),
            posture=Posture.Reactive,
            threshold=1,
            within=pause,  # a reactive trigger fires at the first event, and then not until this has passed
        ),
        actions=[RunDeployment(deployment_id=deployment, parameters={"drift": True}, schedule_after=DELAY)],
    )
