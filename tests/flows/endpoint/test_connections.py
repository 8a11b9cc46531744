"""Connections of callers who do not behave: real sockets at a real server."""

import socket
import time
from http.client import HTTPConnection

import pytest

from flows.endpoint.connection import HEADER_SECONDS
from flows.endpoint.listening import WAITING

pytestmark = pytest.mark.e2e

DAY = {"warmth": 12.5, "wind": 3.0, "sky": "grey"}
LINE = b"POST /predict HTTP/1.1\r\nHost: here\r\n"
HEALTH = b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n"


@pytest.fixture
def connect(open_server):
    """Return a function that opens a connection, which is closed with the test."""
    host, _, port = open_server.url.removeprefix("http://").partition(":")
    opened: list[socket.socket] = []

    def begin(sent: bytes) -> socket.socket:
        opened.append(socket.create_connection((host, int(port)), timeout=60))
        opened[-1].sendall(sent)
        return opened[-1]

    yield begin
    for each in opened:
        each.close()


def test_callers_who_never_finish_their_headers_shut_nobody_out_for_long(open_server, connect):
    idle = [connect(LINE) for _ in range(WAITING)]
    shut = open_server.get("/health").status_code

    time.sleep(HEADER_SECONDS + 2)

    assert shut == 503
    assert open_server.get("/health").status_code == 200
    assert open_server.post(json=[DAY]).status_code == 200
    assert {each.recv(100) for each in idle} == {b""}


@pytest.mark.parametrize("before", [b"", HEALTH])
def test_a_header_that_comes_byte_by_byte_is_given_up_also_after_an_answer(connect, before):
    slow, begun = connect(before), time.monotonic()
    if before:
        assert slow.recv(1000).startswith(b"HTTP/1.1 200")

    with pytest.raises(OSError):  # reset, or a broken pipe
        while time.monotonic() - begun < 3 * HEADER_SECONDS:
            slow.sendall(b"G")
            time.sleep(0.5)

    assert HEADER_SECONDS - 1 < time.monotonic() - begun < HEADER_SECONDS + 5


def test_a_connection_that_asks_again_and_again_stays_beyond_the_time_of_a_header(open_server):
    caller, begun = HTTPConnection(open_server.url.removeprefix("http://"), timeout=60), time.monotonic()
    caller.connect()
    first = caller.sock

    while time.monotonic() - begun < HEADER_SECONDS + 2:
        caller.request("GET", "/health")
        assert caller.getresponse().read() == b'{"status":"ok"}'
        time.sleep(1)

    assert caller.sock is first


@pytest.mark.parametrize("path", [b"/predict", b"/model", b"/nowhere"])
def test_a_caller_who_leaves_in_the_middle_of_a_body_leaves_nothing_in_the_log(serve, days, path):
    serving = serve(days)
    host, _, port = serving.url.removeprefix("http://").partition(":")
    for _ in range(3):
        with socket.create_connection((host, int(port)), timeout=60) as leaving:
            leaving.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n[")
            time.sleep(0.2)
    answered = serving.post(json=[DAY]).status_code

    serving.process.terminate()
    _, log = serving.process.communicate(timeout=60)

    assert answered == 200
    assert log == ""
