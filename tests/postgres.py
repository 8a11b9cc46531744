"""A PostgreSQL server of the tests' own, in a temporary folder; shared by the tests that need one."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

PASSWORD = "ge:h@im"  # noqa: S105
USER = "miner"


@dataclass(frozen=True)
class Postgres:
    """A server that runs."""

    folder: Path
    """Where its socket is."""

    port: int | None
    """On 127.0.0.1; None: on the socket alone."""

    @property
    def secret(self) -> str:
        """User and password, as a URL has them."""
        return f"{USER}:{quote(PASSWORD, safe='')}"

    @property
    def url(self) -> str:
        """Address for programs that talk through the socket."""
        return f"postgresql://{self.secret}@/postgres?host={self.folder}"

    def connect(self) -> Any:
        """Return a connection, once the server answers."""
        import psycopg

        for attempt in range(200):
            try:
                where = {"host": str(self.folder), "port": self.port or 5432, "dbname": "postgres"}
                return psycopg.connect(**where, user=USER, password=PASSWORD, autocommit=True)
            except psycopg.OperationalError:
                if attempt == 199:
                    raise
                time.sleep(0.1)
        return None


@contextmanager
def postgres_server(*, port: int | None = None) -> Iterator[Postgres]:
    """Run a server while the block does; the test is skipped where none is installed.

    Args:
        port: Port of 127.0.0.1; None: it listens on a socket in its folder alone.
    """
    if not _program("initdb") or not _program("postgres"):
        pytest.skip("no PostgreSQL server here; install one with apt-get install postgresql")
    who = _somebody()
    folder = Path(tempfile.mkdtemp(prefix="convoy-pg-", dir="/tmp"))  # the path of a socket is short
    (folder / "password").write_text(PASSWORD)
    if who:
        for path in (folder, folder / "password"):
            os.chown(path, who["user"], who["group"])
    data = str(folder / "data")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **who}
    make = [_program("initdb"), "-D", data, "-U", USER, "-A", "scram-sha-256", "--no-sync"]
    make += [f"--pwfile={folder / 'password'}", "-E", "UTF8", "--locale=C"]
    subprocess.run(make, check=True, **quiet)
    listen = "listen_addresses=" if port is None else "listen_addresses=127.0.0.1"
    run = [_program("postgres"), "-D", data, "-k", str(folder), "-F", "-c", listen]
    server = subprocess.Popen([*run, *([] if port is None else ["-p", str(port)])], **quiet)
    try:
        yield Postgres(folder, port)
    finally:
        server.send_signal(signal.SIGINT)  # it ends sessions, too
        server.wait(30)
        shutil.rmtree(folder)


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _program(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return str(found[0]) if found else shutil.which(name)


def _somebody() -> dict[str, Any]:
    """Return as whom it is started: it refuses to run as root."""
    if os.getuid() != 0:
        return {}
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
