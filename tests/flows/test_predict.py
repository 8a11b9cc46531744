"""Predictions by schedule: a file for each time at which something was new, whose drift is seen in Prefect."""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from itertools import pairwise

import httpx
import numpy as np
import polars as pl
import pytest
from PIL import Image
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.runs.predicted import Predicted, input_fingerprint
from flows.runs.record import records
from flows.showing.notify import VARIABLE
from tests.flows import api
from tests.flows.conftest import CONVOY, wait_until

CALL = """
import json, sys
from flows.predict import predict
state = predict(**json.loads(sys.argv[1]), return_state=True)
print(json.dumps([state.name, state.message, str(state.state_details.flow_run_id)]))
"""


@pytest.fixture
def project(trained, tmp_path, server):
    """A copy of that project with a folder of two scans, and a server to tell."""
    folder = tmp_path / "digits"
    shutil.copytree(trained, folder)
    scan(folder, "a", 3)
    scan(folder, "b", 5)
    return folder, {**os.environ, "PREFECT_API_URL": server.url}


def scan(folder, name, shift):
    (folder / "scans").mkdir(exist_ok=True)
    pixels = np.roll(np.arange(64, dtype=np.uint8).reshape(8, 8), shift)
    Image.fromarray(pixels).save(folder / "scans" / f"{name}.png")


def predicted(project, **asked):
    """Call the flow in a process of its own; return name and message of its state, and the id of the run."""
    folder, environment = project
    asked = {"source": "scans", "out": "out", "project": str(folder), "model": "model", **asked}
    done = subprocess.run(
        [sys.executable, "-c", CALL, json.dumps(asked)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def files(folder):
    return sorted(path.name for path in (folder / "out").glob("*.parquet"))


def tags(project, flow_run):
    with (
        temporary_settings({PREFECT_API_URL: project[1]["PREFECT_API_URL"]}),
        get_client(sync_client=True) as client,
    ):
        return client.read_flow_run(flow_run).tags


@pytest.mark.e2e
def test_each_time_has_a_file_and_the_same_input_is_not_predicted_again(project):
    folder = project[0]

    state, told, flow_run = predicted(project, as_of="2026-01-01T03:00Z")
    again = predicted(project, as_of="2026-01-02T03:00Z")
    scan(folder, "c", 7)
    later = predicted(project, as_of="2026-01-03T04:00+01:00")

    assert state == "Completed"
    assert "2 samples scored by cnn-lstm (conv2d, lstm): model → " in told
    assert "drift not tested" in told
    assert tags(project, flow_run) == []
    assert again[:2] == [
        "Completed",
        f"nothing new: {folder / 'out' / '2026-01-01T0300Z.parquet'} holds the predictions of this input by this model",
    ]
    assert later[0] == "Completed"
    assert files(folder) == ["2026-01-01T0300Z.parquet", "2026-01-03T0300Z.parquet"]
    table = pl.read_parquet(folder / "out" / "2026-01-03T0300Z.parquet")
    assert table["origin"].to_list() == ["a.png", "b.png", "c.png"]
    lineage = json.loads(pl.read_parquet_metadata(folder / "out" / "2026-01-03T0300Z.parquet")["convoy"])
    assert lineage["scored"] == 3
    assert {record.flow for _, record in records(folder)} == {"predict"}


@pytest.mark.e2e
def test_times_of_one_minute_have_files_of_their_own(project):
    predicted(project, as_of="2026-01-01T03:00:08Z")
    scan(project[0], "c", 7)
    predicted(project, as_of="2026-01-01T03:00:12Z")
    scan(project[0], "d", 9)
    predicted(project, as_of="2026-01-01T03:00:12Z")  # that time again, after a kill

    assert files(project[0]) == ["2026-01-01T030008Z.parquet", "2026-01-01T030012Z.parquet"]
    heights = [pl.read_parquet(project[0] / "out" / name).height for name in files(project[0])]
    assert heights == [2, 4]


@pytest.mark.e2e
def test_predictions_that_were_killed_before_prefect_knew_their_end_are_not_shown_as_running_for_ever(
    project, server
):
    _, _, told_nothing = predicted(project)
    with httpx.Client(base_url=server.url, timeout=api.PATIENCE) as client:
        flow = client.get(f"flow_runs/{told_nothing}").json()["flow_id"]
        running = {"type": "RUNNING", "name": "Running"}
        client.post(f"flow_runs/{told_nothing}/set_state", json={"state": running, "force": True})
        wanted = {"flow_id": flow, "parameters": {"project": str(project[0])}, "state": running}
        without_record = client.post("flow_runs/", json=wanted).json()["id"]

        predicted(project)
        states = [client.get(f"flow_runs/{run}").json()["state"] for run in (told_nothing, without_record)]

    assert [state["type"] for state in states] == [
        "COMPLETED",
        "RUNNING",
    ]  # the second may be about to write its record
    assert "samples scored by" in states[0]["message"]

    patient = (
        f"from pathlib import Path; settle_untold(Path({str(project[0])!r}), uuid4(), flows=('predict',), "
    )
    call = "from datetime import timedelta; from uuid import uuid4; from flows.server.dead import settle_untold; "
    subprocess.run(
        [sys.executable, "-c", f"{call}{patient}patience=timedelta())"], env=project[1], check=True
    )
    assert api.get(f"{server.url}/flow_runs/{without_record}")["state"]["type"] == "CRASHED"


@pytest.mark.e2e
def test_drift_is_a_tag_of_the_run_and_stands_in_its_end(project):
    for number in range(40):
        (project[0] / "dark").mkdir(exist_ok=True)
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(project[0] / "dark" / f"{number}.png")

    state, told, flow_run = predicted(project, source="dark", as_of="2026-01-01T03:00Z")

    assert state == "Completed"
    assert "; drift in " in told
    assert tags(project, flow_run) == ["drift"]
    assert json.loads((project[0] / "out" / "2026-01-01T0300Z.parquet.drift.json").read_text())["drift"]


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"source": "nothing"}, "nothing does not exist"),
        ({"model": "scans"}, "holds no model"),
        ({"as_of": "soon"}, "as_of=soon is no time"),
    ],
)
def test_what_is_wrong_is_a_failed_run_with_one_sentence(project, asked, sentence):
    state, told, _ = predicted(project, **asked)

    assert state == "Failed"
    assert sentence in told
    assert len(told.splitlines()) == 1
    assert files(project[0]) == []


@pytest.mark.e2e
def test_without_a_champion_each_time_is_left_out_with_the_reason_and_somebody_is_told_once(project, webhook):
    environment = {**project[1], VARIABLE: os.environ[VARIABLE]}

    ends = [predicted((project[0], environment), model=None)[:2] for _ in range(2)]

    assert {state for state, _ in ends} == {"Cancelled"}
    assert {told.split(":")[0] for _, told in ends} == {"no champion yet, so nothing is predicted"}
    assert all("`convoy promote`" in told and len(told.splitlines()) == 1 for _, told in ends)
    assert [news["title"] for news in webhook] == ["convoy: digits has no champion"]
    assert files(project[0]) == []


@pytest.mark.e2e
def test_a_serving_process_predicts_what_grew_and_retrains_beside_it(project, trained):
    folder, environment = project
    words = [
        "--predict",
        "scans",
        "--out",
        "out",
        "--model",
        "model",
        "--every",
        "4s",
        "--retrain-every",
        "4s",
    ]
    with serving(folder, {**environment, "PREFECT_RUNNER_POLL_FREQUENCY": "1"}, *words):
        wait_until(lambda: files(folder))
        scan(folder, "c", 7)
        wait_until(lambda: len(files(folder)) == 2)
        # The project has no `.dvc`, so retraining it fails; what counts is that it was tried.
        wait_until(lambda: told_of(environment, "retrain"))

    first, second = (pl.read_parquet(folder / "out" / name) for name in files(folder))
    assert (first.height, second.height) == (2, 3)
    own = sorted(
        (record for _, record in records(folder) if record.flow == "predict"), key=lambda record: record.began
    )
    assert all(one.ended <= other.began for one, other in pairwise(own) if one.ended)


@contextmanager
def serving(folder, environment, *words):
    command = [CONVOY, "serve", *words, "--no-promote"]
    process = subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def told_of(environment, flow):
    """Return the runs of the project's deployment of a flow that have ended."""
    with (
        temporary_settings({PREFECT_API_URL: environment["PREFECT_API_URL"]}),
        get_client(sync_client=True) as client,
    ):
        from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId

        found = client.read_deployment_by_name(f"{flow}/digits")
        runs = client.read_flow_runs(
            deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[found.id]))
        )
    return [run for run in runs if run.state.is_failed() or run.state.is_completed()]


def test_the_fingerprint_of_a_folder_knows_names_and_bytes(trained, tmp_path):
    def found(source):
        return input_fingerprint(source, tmp_path, trained / "model")

    scan(tmp_path, "a", 1)
    one = found("scans")
    scan(tmp_path, "b", 2)
    two = found("scans")
    (tmp_path / "scans" / "b.png").rename(tmp_path / "scans" / "c.png")

    assert len({one, two, found("scans")}) == 3
    assert found("scans/a.png") == one
    assert found("scans/a*") == one
    assert found("nothing") is None


def test_equal_answers_of_a_query_leave_one_file(tmp_path):
    known = Predicted(tmp_path, source="postgresql://me@host/db", out=tmp_path / "out", every=False)
    (tmp_path / "out").mkdir()
    for name, content in (("1", "answers"), ("2", "answers"), ("3", "others")):
        (tmp_path / "out" / f"{name}.parquet").write_text(content)
    known.keep(None, "model", tmp_path / "out" / "1.parquet")

    assert known.unchanged(None, "model") is None
    assert known.equal_answers(tmp_path / "out" / "2.parquet") == tmp_path / "out" / "1.parquet"
    assert known.equal_answers(tmp_path / "out" / "3.parquet") is None
    assert files(tmp_path) == ["1.parquet", "3.parquet"]
