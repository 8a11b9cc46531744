"""The end of a run is told to whoever wants to know."""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from flows.programs.processes import identity
from flows.runs.record import Record
from flows.showing.notify import VARIABLE, notify, notify_end


@pytest.fixture
def webhook(monkeypatch):
    """Return what a listening web server is sent; its address is in the environment."""
    heard = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv(VARIABLE, f"json://127.0.0.1:{server.server_port}")
        yield heard
        server.shutdown()
        thread.join()


def record(state="failed", promotion=""):
    message = "validate: 3 rows are wrong"
    return Record("20260101-a", identity(), "project", "id", state, message, promotion=promotion)


def test_a_failure_reaches_the_webhook_with_its_reason(webhook):
    assert notify_end("power", record())

    [sent] = webhook
    assert sent["title"] == "convoy: power failed"
    assert "validate: 3 rows are wrong" in sent["message"]


def test_a_new_champion_is_told_and_a_night_without_news_is_not(webhook):
    assert not notify_end("power", record("completed"))
    assert not notify_end("power", record("completed", "not promoted: not ahead"))
    assert not notify_end("power", record("stopped"))
    assert notify_end("power", record("completed", "v2.0.0 is the champion"))
    assert [sent["title"] for sent in webhook] == ["convoy: power new champion"]


def test_an_address_that_nobody_hears_changes_nothing(monkeypatch, caplog):
    monkeypatch.setenv(VARIABLE, "json://127.0.0.1:9 nonsense")

    assert not notify_end("power", record())
    assert "could not be sent" in caplog.text
    assert "apprise does not know" in caplog.text


def test_without_addresses_nothing_is_sent(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)

    assert not notify("power", "failed", "a reason")


@pytest.mark.e2e
@pytest.mark.parametrize("broken", ["stage", "params"])
def test_a_run_that_fails_at_a_stage_or_before_the_first_one_is_told(elsewhere, webhook, broken):
    elsewhere.environment[VARIABLE] = os.environ[VARIABLE]
    if broken == "stage":
        elsewhere.behave("first", exit=3)
    else:
        path = elsewhere.folder / "params.yaml"
        path.write_text(path.read_text().replace("new_data: null", "new_data: nowhere.csv"))

    assert elsewhere.convoy("run").returncode

    [sent] = webhook
    assert sent["title"] == "convoy: mini failed"
    assert ("first" if broken == "stage" else "flow.new_data=nowhere.csv") in sent["message"]
