"""Runs that come late: the machine slept, no worker was there, and all times that passed come back together.

Whatever starts the runs (a serving process, a worker), it takes all of them at once. Prefect's limit lets one begin,
and that one decides here what is made up for; so it works the same with every way of serving.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
)
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort
from prefect.runtime import flow_run as this_flow_run
from prefect.settings import PREFECT_RUNNER_POLL_FREQUENCY, PREFECT_WORKER_QUERY_SECONDS
from prefect.states import Cancelled

from flows.programs.environment import SERVED_VARIABLE
from flows.server.times import times_between
from pipeline.foundation.errors import ConfigError

POLLS = 6
"""A time that nobody took in so many looks at the server has been missed: a minute, as Prefect looks by itself."""

MESSAGE = "nothing served the project at that time"
STOOD_IN = "missed; the run as of {time:%Y-%m-%dT%H:%M:%SZ} stands for it"
WAITS = "AwaitingConcurrencySlot"
MOST = 200


@dataclass(frozen=True)
class Turn:
    """A run that Prefect scheduled, and the runs of its deployment whose times passed while nobody took it."""

    run: FlowRun
    expected: datetime
    taken: datetime
    """When somebody first tried to start it."""

    patience: timedelta
    others: Sequence[FlowRun] = ()
    passed: Sequence[datetime] = ()
    """Later times of the schedule until then, of which Prefect may have made no runs."""

    def is_late(self) -> bool:
        """Return whether nobody was there at its time; one that waited for another run is not late."""
        return self.taken - self.expected > self.patience

    def stands_for(self, missed: str) -> datetime | None:
        """Return the time that it is run as of, of which there is one for all that were missed; None: it is not run.

        Args:
            missed: ``none``, ``newest`` or ``all``.
        """
        if not self.is_late() or missed == "all":
            return self.expected
        newer = [run for run in self.others if _expected(run) > self.expected]
        newest = max([self.expected, *map(_expected, newer), *self.passed])
        if missed == "none" and self.taken - newest > self.patience:
            return None
        return None if any(run.run_count for run in newer) else newest

    def left_over(self) -> list[FlowRun]:
        """Return the runs that still wait, and that one run stands for."""
        return [run for run in self.others if run.state is not None and run.state.is_scheduled()]


def moment_of(as_of: str | None, missed: str) -> datetime | None:
    """Return the time that the run of this process stands for; None: it was missed, and is not made up for.

    Args:
        as_of: What was asked for, with its zone; None: when the run was to begin.
        missed: What is made up for of times that passed while nothing was there to run: none, newest or all.

    Raises:
        ConfigError: One of the two is not what it should be.
    """
    if missed not in ("none", "newest", "all"):
        raise ConfigError(f"missed={missed} is unknown; it is none, newest or all")
    if as_of is not None:
        try:
            return datetime.fromisoformat(as_of).astimezone(UTC)
        except ValueError:
            raise ConfigError(f"as_of={as_of} is no time; give one such as 2026-11-27T03:00+01:00") from None
    expected: datetime = this_flow_run.scheduled_start_time
    if missed == "all" or SERVED_VARIABLE not in os.environ:
        return expected
    with get_client(sync_client=True) as client:
        turn = _turn(client)
        if turn is None or not turn.is_late():
            return expected
        time = turn.stands_for(missed)
        message = MESSAGE if time is None else STOOD_IN.format(time=time)
        for run in turn.left_over():
            client.set_flow_run_state(run.id, Cancelled(message=message), force=True)
    return time


def _turn(client: SyncPrefectClient) -> Turn | None:
    run = client.read_flow_run(this_flow_run.id)
    if run.deployment_id is None or not run.auto_scheduled or run.expected_start_time is None:
        return None
    expected = run.expected_start_time
    tries = [
        state for state in client.read_flow_run_states(run.id) if state.is_pending() or state.name == WAITS
    ]
    taken = min((state.timestamp for state in tries), default=datetime.now(UTC))
    deployment = client.read_deployment(run.deployment_id)
    by_worker = deployment.work_pool_name is not None
    looks = float((PREFECT_WORKER_QUERY_SECONDS if by_worker else PREFECT_RUNNER_POLL_FREQUENCY).value())
    turn = Turn(run, expected, taken, timedelta(seconds=POLLS * looks))
    if not turn.is_late():
        return turn
    schedules = [known.schedule for known in deployment.schedules if known.active]
    passed = times_between(schedules, expected + timedelta(seconds=1), taken)
    return Turn(run, expected, taken, turn.patience, _others(client, run, taken), passed)


def _others(client: SyncPrefectClient, run: FlowRun, until: datetime) -> list[FlowRun]:
    found: list[FlowRun] = client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[run.deployment_id])),
        flow_run_filter=FlowRunFilter(expected_start_time=FlowRunFilterExpectedStartTime(before_=until)),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=MOST,
    )
    return [other for other in found if other.id != run.id and other.auto_scheduled]


def _expected(run: Any) -> datetime:
    return run.expected_start_time or datetime.min.replace(tzinfo=UTC)
