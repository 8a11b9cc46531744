"""The picture of a run costs a training nothing, whatever becomes of the server."""

import socket
import threading
import time
from uuid import uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.runs.said import Said
from flows.showing import live
from flows.showing.live import PATIENCE_SECONDS, Live

EPOCH = Said("epoch 1", "epoch", numbers={"epoch": 1, "epochs": 2, "train/loss": 0.5, "is_best": True})


@pytest.mark.e2e
def test_a_bar_and_the_losses_move_while_the_run_goes_on(server, tmp_path, monkeypatch):
    monkeypatch.setattr(live, "PAUSE_SECONDS", (0.1, 0.1))
    monkeypatch.setattr(live, "TIMEOUT_SECONDS", 60.0)  # a busy machine: what is sent twice is shown twice
    project = tmp_path / "Power & light"
    with temporary_settings({PREFECT_API_URL: server.url}), get_client(sync_client=True) as client:

        def shown(what):
            key = ArtifactFilter(key=ArtifactFilterKey(any_=[f"power-light-{what}"]))
            return [each.data for each in client.read_artifacts(artifact_filter=key)]

        with Live(project, uuid4(), ["extract", "analyze"]) as picture:
            picture.heard("extract", EPOCH)
            until(lambda: shown("progress") == [25.0])
            picture.ended("extract", "ran")
            until(lambda: shown("progress") == [50.0])
        assert len(shown("training")) == 1
        assert "train/loss" in shown("training")[0]


@pytest.mark.parametrize("kind", ["refuses", "is silent"])
def test_a_server_that_is_gone_or_hangs_holds_nothing_up(kind, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1] if kind == 'is silent' else 9}/api"
        with temporary_settings({PREFECT_API_URL: url}):
            began = time.monotonic()
            with Live(tmp_path, uuid4(), ["analyze"]) as picture:
                for _ in range(10_000):
                    picture.heard("analyze", EPOCH)
                heard = time.monotonic() - began
            ended = time.monotonic() - began

    assert heard < 1.0
    assert ended < heard + PATIENCE_SECONDS + 1.0


def test_no_thread_is_left_where_nothing_was_said(tmp_path):
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        before = threading.active_count()
        with Live(tmp_path, uuid4(), ["analyze"]):
            pass

    assert threading.active_count() <= before + 1  # that of a client that is still trying


def until(condition):
    give_up = time.monotonic() + 90.0
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.1)
