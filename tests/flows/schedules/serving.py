"""`convoy serve` as a shell would start it, and its end."""

import json
import os
import signal
import subprocess
import sys
import uuid

COMMAND = (sys.executable, "-c", "from flows.cli.main import main; main()", "serve")


class Serve(subprocess.Popen):
    """The process; a test that leaves its block before the end leaves nothing that goes on serving."""

    def __init__(self, mini, words, environment):
        self.log = mini.folder.parent / f"serve-{uuid.uuid4().hex}.log"
        with self.log.open("wb") as lines:
            super().__init__(
                [*COMMAND, *words],
                cwd=mini.folder,
                env={**mini.environment, "PREFECT_RUNNER_POLL_FREQUENCY": "1", **environment},
                stdout=lines,
                stderr=lines,
                start_new_session=True,
            )

    def said(self):
        """Return what it has said so far."""
        return self.log.read_text()

    def __exit__(self, *error):
        if self.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
        super().__exit__(*error)


def journal(said):
    """Return what a schedule with ``CONVOY_LOG=json`` has told, beside the lines for a person at a terminal."""
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def begin(mini, *words, environment=None):
    """Serve a project; it looks for runs that are due every second."""
    return Serve(mini, words, environment or {})


def end(process):
    """Press Ctrl-C, see it end in time, and return what it said."""
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(timeout=90)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return process.said()
