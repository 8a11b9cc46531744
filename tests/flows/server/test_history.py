"""The server that a run talks to."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from flows.server.history import history
from pipeline.foundation.errors import MachineError


class Busy(BaseHTTPRequestHandler):
    """Answers after longer than a server without work ever takes."""

    def do_GET(self):
        time.sleep(11.0)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_server_under_load_is_waited_for(tmp_path, monkeypatch):
    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{server.server_port}/api")
        try:
            with history(tmp_path) as ready:
                ready()
        finally:
            server.shutdown()
            thread.join()


def test_where_none_listens_that_is_known_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    began = time.monotonic()

    with pytest.raises(MachineError, match="no Prefect server answers"), history(tmp_path):
        pass

    assert time.monotonic() - began < 5.0
