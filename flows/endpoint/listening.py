"""A server that says where it listens, and ends when it is asked to."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from flows.endpoint.connection import Connection
from pipeline.foundation.errors import MachineError

WAITING = 256
"""Connections beyond which a request is told to come again (503)."""

ENDING_SECONDS = 10
"""Requests that are being answered when the server is stopped have so long to end."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0: any that is free.

    Raises:
        MachineError: The port is taken, or the host is none of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise MachineError(
            f"cannot listen at {host}:{port}: {error.strerror or error}; choose another --port or --host"
        ) from None


class Server(uvicorn.Server):
    """Ends with exit code 0 on SIGTERM and Ctrl-C, once running requests are answered; at once on the second."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Listen to signals as long as the block runs; none of them is raised again."""
        before = {number: signal.signal(number, self._asked) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(app: FastAPI, place: socket.socket) -> None:
    """Answer requests until a signal ends it."""
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=WAITING,
        timeout_graceful_shutdown=ENDING_SECONDS,
    )
    Server(config).run(sockets=[place])
