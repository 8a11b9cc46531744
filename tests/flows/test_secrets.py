"""Secrets come from the environment and stay there: not one byte of them is found in what a run leaves or prints."""

import functools
import http.server
import threading

import pytest

from flows.schedules.asked import When, wishes_of
from flows.schedules.schedule import Schedule
from flows.schedules.unit import unit_text
from flows.schedules.wishes import Wishes, prediction_of
from pipeline.foundation.errors import ConfigError

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


@pytest.fixture
def signed(fed):
    """Return a project with a history of its own, and a URL of its data whose query is a secret."""
    mini, place = fed
    del mini.environment["PREFECT_API_URL"]
    handler = functools.partial(Silent, directory=str(place.parent))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield mini, f"http://127.0.0.1:{server.server_port}/{place.name}?sig={CANARY}", place
    server.shutdown()
    server.server_close()


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
    assert "--predict ${CONVOY_INPUT} --out" in unit
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
