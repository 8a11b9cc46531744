"""Secrets come from the environment and stay there: not one byte of them is found in what a run leaves or prints."""

import functools
import http.server
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import threading
from contextlib import contextmanager

import numpy as np
import polars as pl
import pytest

from flows.programs.environment import KEPT
from flows.runs.secret_input import VARIABLE as INPUT
from flows.runs.secret_input import in_full, is_kept, remember, without
from flows.schedules.asked import When, wishes_of
from flows.schedules.job import jobs_of
from flows.schedules.schedule import Schedule
from flows.schedules.unit import unit_text
from flows.schedules.wishes import Wishes, prediction_of
from pipeline.foundation.addresses import masked
from pipeline.foundation.errors import ConfigError
from tests.flows.conftest import CONVOY, Mini, wait_until

CANARY = "canary-4f1d9b7e"
SECRETS = {
    "AWS_SECRET_ACCESS_KEY": CANARY,
    "CONVOY_NOTIFY": f"json://somebody:{CANARY}@127.0.0.1:9/{CANARY}",
    "CONVOY_TOKEN": CANARY,
    "PGPASSWORD": CANARY,
    "PREFECT_API_AUTH_STRING": f"somebody:{CANARY}",
}


def found(folder):
    """Return the files that hold the secret, Prefect's history and the server's log among them."""
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and CANARY.encode() in path.read_bytes()
    ]


@pytest.mark.e2e
@pytest.mark.parametrize("words", [("run",), ("run", "--debug"), ("run", "--force")])
def test_a_run_that_goes_well_leaves_no_secret(mini, words):
    mini.environment |= SECRETS

    ended = mini.convoy(*words)

    assert ended.returncode == 0, ended.stderr
    assert CANARY not in ended.stdout + ended.stderr
    assert found(mini.folder) == []


@pytest.mark.e2e
def test_a_run_that_fails_and_cannot_tell_anybody_leaves_no_secret(mini):
    mini.environment |= SECRETS
    mini.behave("left", exit=3)

    ended = mini.convoy("run")

    assert ended.returncode != 0
    assert CANARY not in ended.stdout + ended.stderr
    assert found(mini.folder) == []


@pytest.mark.e2e
def test_the_log_for_collectors_holds_none_either(mini):
    mini.environment |= SECRETS | {"CONVOY_LOG": "json"}
    mini.behave("left", exit=3)

    ended = mini.convoy("run")

    assert CANARY not in ended.stdout + ended.stderr
    assert found(mini.folder) == []


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing: the log would hold the query."""


@contextmanager
def published(folder):
    """Yield the address of a web server over a folder."""
    handler = functools.partial(Silent, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def signed(fed):
    """Return a project with a history of its own, and a URL of its data whose query is a secret."""
    mini, place = fed
    del mini.environment["PREFECT_API_URL"]
    with published(place.parent) as address:
        yield mini, f"{address}/{place.name}?sig={CANARY}", place


@pytest.mark.e2e
@pytest.mark.parametrize("text", ["first\n", "second\n"], ids=["nothing new", "new data"])
def test_the_signature_of_a_url_stands_in_the_settings_and_nowhere_else(signed, text):
    mini, url, place = signed
    place.write_text(text)

    runs = [mini.convoy("run", "-S", f"flow.new_data={url}"), mini.convoy("run")]

    assert [ended.returncode for ended in runs] == [0, 0], runs
    assert CANARY not in "".join(ended.stdout + ended.stderr for ended in runs)
    assert found(mini.folder) == ["params.yaml"]


@pytest.mark.e2e
@pytest.mark.parametrize(
    "setting",
    [
        f"flow.new_data=http://me:{CANARY}@127.0.0.1:9/live.csv",
        f"flow.new_data=simplecache::https://me:{CANARY}@127.0.0.1:9/live.csv",
        f"flow.new_data=postgresql://127.0.0.1:9/plant?user=me&password={CANARY}",
    ],
)
def test_a_password_in_a_url_is_refused_before_anything_is_written(mini, setting):
    ended = mini.convoy("run", "-S", setting)

    assert ended.returncode == 2
    assert "flow.new_data holds a password" in ended.stderr
    assert "set it in the environment" in ended.stderr
    assert CANARY not in ended.stdout + ended.stderr
    assert found(mini.folder) == []


def test_a_unit_holds_neither_the_server_s_password_nor_the_input_s_signature(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", f"http://me:{CANARY}@127.0.0.1:4200/api")
    for name in ("params.yaml", "dvc.yaml"):
        (tmp_path / name).touch()
    asked = prediction_of(f"https://127.0.0.1/live.csv?sig={CANARY}", tmp_path / "out")

    wishes = wishes_of(tmp_path, When(every="1h"), asked)
    unit = unit_text(tmp_path, wishes)

    assert CANARY not in unit + str(wishes)
    assert "--predict https://127.0.0.1/live.csv?… --out" in unit
    assert "To .convoy/environment, because it may hold a secret: PREFECT_API_URL" in unit
    assert "Environment=PREFECT_API_URL" not in unit


def test_a_unit_names_a_server_without_a_password(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4200/api")

    unit = unit_text(tmp_path, Wishes(Schedule("0 3 * * *")))

    assert "Environment=PREFECT_API_URL=http://127.0.0.1:4200/api" in unit
    assert "secret" not in unit


def test_a_password_in_the_input_of_a_schedule_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="--predict holds a password") as error:
        prediction_of(f"https://me:{CANARY}@127.0.0.1/live.csv", tmp_path / "out")
    assert CANARY not in str(error.value)


@pytest.fixture
def scans(trained, tmp_path, home, database):
    """Return a copy of that project, and a signed URL of eight scans."""
    folder, place = tmp_path / "digits", tmp_path / "published"
    shutil.copytree(trained, folder)
    (folder / ".convoy").mkdir(exist_ok=True)
    shutil.copy(database, folder / ".convoy" / "prefect.db")
    place.mkdir()
    images = np.random.default_rng(0).integers(0, 255, (8, 8, 8), dtype=np.uint8)
    np.savez(place / "scans.npz", images=images)
    with published(place) as address:
        yield Mini(folder, home), f"{address}/scans.npz?sig={CANARY}"


def served(mini, *words):
    """Serve until the first run of a prediction has ended, and return all that was printed."""
    call = [CONVOY, "serve", "--predict", *words, "--out", "out", "--model", "model", "--every", "3s"]
    environment = {**mini.environment, "PREFECT_RUNNER_POLL_FREQUENCY": "1", "CONVOY_LOG": "json"}
    process = subprocess.Popen(
        call,
        cwd=mini.folder,
        env=environment,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: list((mini.folder / ".convoy" / "runs").glob("*/run.json")))
        wait_until(lambda: mini.record()["state"] != "running")
    finally:
        os.killpg(process.pid, signal.SIGINT)
        out, error = process.communicate(timeout=60)
    for line in error.splitlines():
        json.loads(line)
    return out + error


@pytest.mark.e2e
def test_a_schedule_predicts_behind_a_signature_that_prefect_never_sees(scans):
    mini, url = scans

    told = served(mini, url)

    assert mini.record()["state"] == "completed", mini.record()
    [file, *_] = sorted((mini.folder / "out").glob("*.parquet"))
    assert pl.read_parquet(file).height == 8
    assert CANARY not in told
    assert found(mini.folder) == []
    with sqlite3.connect(mini.folder / ".convoy" / "prefect.db") as history:
        [(parameters,)] = history.execute("select parameters from deployment")
    assert json.loads(parameters)["source"] == masked(url)


@pytest.mark.e2e
def test_a_schedule_whose_input_fails_tells_why_without_the_signature(scans):
    mini, url = scans

    told = served(mini, url.replace("scans.npz", "gone.npz"))

    assert mini.record()["state"] == "failed"
    assert "gone.npz does not exist" in mini.record()["message"]
    assert CANARY not in told
    assert found(mini.folder) == []


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("name", "code"), [("scans.npz", 0), ("gone.npz", 3), ("scans.csv", 3), ("broken.npz", 3)]
)
def test_a_prediction_by_hand_leaves_no_signature_whatever_it_comes_to(scans, name, code, tmp_path):
    mini, url = scans
    (tmp_path / "published" / "broken.npz").write_text("no archive")
    (tmp_path / "published" / "scans.csv").write_text("a,b\n1,2\n")

    ended = mini.convoy("predict", url.replace("scans.npz", name), "--out", "out.parquet", "--model", "model")

    assert ended.returncode == code, ended.stderr
    assert CANARY not in ended.stdout + ended.stderr
    assert found(mini.folder) == []


@pytest.mark.e2e
def test_a_prediction_by_hand_takes_its_signature_from_the_environment(scans):
    mini, url = scans
    mini.environment[INPUT] = url

    ended = mini.convoy("predict", masked(url), "--out", "out.parquet", "--model", "model")

    assert ended.returncode == 0, ended.stderr
    assert pl.read_parquet(mini.folder / "out.parquet").height == 8


def test_parameters_hold_a_url_without_its_query_and_a_database_with_its_user(tmp_path):
    url = f"https://127.0.0.1/live.csv?sig={CANARY}#x"
    for source, kept in {
        url: "https://127.0.0.1/live.csv?…",
        "https://token@127.0.0.1/live.csv": "https://127.0.0.1/live.csv?…",
        "postgresql://me@host/db": "postgresql://me@host/db",
        "s3://bucket/live.csv": "s3://bucket/live.csv",
    }.items():
        asked = prediction_of(source, tmp_path / "out")
        [job] = jobs_of(tmp_path, Wishes(None, Schedule("0 3 * * *"), asked))
        assert job.parameters["source"] == kept
    assert prediction_of("what?.csv", tmp_path).parameters()["source"].endswith("what?.csv")  # a pattern


def test_the_url_is_found_in_the_environment_or_in_the_file_of_the_project(tmp_path, monkeypatch):
    monkeypatch.delenv(INPUT, raising=False)
    one, other = f"https://127.0.0.1/a.csv?sig={CANARY}", "https://127.0.0.1/b.csv?sig=1"
    assert in_full("new.csv", tmp_path) == "new.csv"
    with pytest.raises(ConfigError, match="CONVOY_INPUT does not hold it") as error:
        in_full(masked(one), tmp_path)
    assert CANARY not in str(error.value)

    (tmp_path / KEPT.parent).mkdir()
    (tmp_path / KEPT).write_text(f"{INPUT}={other} {one}\n")
    assert in_full(masked(one), tmp_path) == one
    assert is_kept(masked(one), tmp_path)
    remember(one.replace(CANARY, "yesterday"))
    remember(one)
    assert os.environ[INPUT] == one
    assert in_full(masked(one), tmp_path) == one
    assert without(f"cannot read {one}, nor {CANARY}", one).count(CANARY) == 1  # a value alone is not known
    assert CANARY not in without(f"cannot read {one}: sig={CANARY}", one)
