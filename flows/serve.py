"""A schedule: the retrain flow as a deployment of one project, run at an interval until Ctrl-C."""

import os
from datetime import timedelta
from pathlib import Path

from flows.environment import SERVED_VARIABLE, be_quiet
from flows.history import history_name
from pipeline.foundation.errors import MachineError


def serve(project: Path, *, interval: timedelta, name: str | None = None, promote: bool = True) -> None:
    """Run the flow of ``project`` every ``interval`` until SIGINT or SIGTERM.

    Each run is a process of its own; one that would begin while another is under way is left out. A
    server that schedules has to stand already: an embedded one never fires.

    Args:
        project: Folder with ``params.yaml`` and ``dvc.yaml``.
        interval: From the start of one run to the start of the next.
        name: Name of the deployment; without one, that of the folder.
        promote: Let the model of each run become the champion, if it is blessed.

    Raises:
        MachineError: ``PREFECT_API_URL`` names no server.
    """
    if not os.environ.get("PREFECT_API_URL"):
        raise MachineError(
            "a schedule needs a Prefect server that stands; start `convoy ui` or `prefect server start`, and "
            "set PREFECT_API_URL to its address"
        )
    be_quiet()
    os.environ[SERVED_VARIABLE] = "1"
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.types.entrypoint import EntrypointType

    from flows.dead import settle_dead_runs
    from flows.retrain import retrain

    project = project.resolve()
    # A run that was killed would keep the only place for ever.
    settle_dead_runs(project, history_name(project))
    retrain.serve(
        name=name or project.name,
        interval=interval,
        parameters={"project": str(project), "promote": promote},
        global_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        pause_on_shutdown=False,
        print_starting_message=False,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
