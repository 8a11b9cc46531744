"""The end of a run is told to whoever wants to know."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from flows.notify import VARIABLE, notify
from flows.processes import identity
from flows.record import Record


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
    assert notify("power", record())

    [sent] = webhook
    assert sent["title"] == "convoy: power failed"
    assert "validate: 3 rows are wrong" in sent["message"]


def test_a_new_champion_is_told_and_a_night_without_news_is_not(webhook):
    assert not notify("power", record("completed"))
    assert not notify("power", record("completed", "not promoted: not ahead"))
    assert notify("power", record("completed", "v2.0.0 is the champion"))
    assert len(webhook) == 1


def test_an_address_that_nobody_hears_changes_nothing(monkeypatch, caplog):
    monkeypatch.setenv(VARIABLE, "json://127.0.0.1:9 nonsense")

    assert not notify("power", record())
    assert "could not be sent" in caplog.text
    assert "apprise does not know" in caplog.text


def test_without_addresses_nothing_is_sent(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)

    assert not notify("power", record())
