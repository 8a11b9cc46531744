"""Let Prefect's background senders finish before the server goes away."""

import time
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker

PATIENCE_SECONDS = 5.0


def send_all(flow_run: UUID | None) -> None:
    """Send every log line and event, and wait until the server has written the state of each task.

    Task states travel as events and are written by a service of the server: a server that is stopped
    right after a flow would show finished tasks as running for ever.
    """
    give_up = time.monotonic() + PATIENCE_SECONDS
    APILogWorker.drain_all(timeout=PATIENCE_SECONDS)
    EventsWorker.drain_all(timeout=PATIENCE_SECONDS)
    if flow_run is None:
        return
    with get_client(sync_client=True) as client:
        while not _all_final(client, flow_run) and time.monotonic() < give_up:
            time.sleep(0.1)


def _all_final(client: SyncPrefectClient, flow_run: UUID) -> bool:
    only_this = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run]))
    runs = client.read_task_runs(flow_run_filter=only_this)
    return all(run.state is not None and (run.state.is_final() or run.state.is_pending()) for run in runs)
