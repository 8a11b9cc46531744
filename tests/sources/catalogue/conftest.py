"""A web server on this machine, which can break off, refuse, and lie."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


class Server(ThreadingHTTPServer):
    """Serves ``files``; what was asked for is written down in ``asked``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.break_after: list[int] = []
        """Bytes after which the next answers end early, one entry each."""

        self.with_ranges = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append((self.path, wanted))
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        first = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.server.with_ranges else 0
        if first >= len(content) > 0:
            self.send_error(416)
            return
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        end = first + self.server.break_after.pop(0) if self.server.break_after else len(content)
        self.wfile.write(content[first:end])
        if end < len(content):
            self.wfile.flush()
            self.connection.close()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a running server."""
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch) -> Path:
    """Keep downloads of tests out of the user's cache, and the user's mirror out of tests."""
    monkeypatch.setenv("CONVOY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CONVOY_DATA_MIRROR", raising=False)
    return tmp_path / "cache"
