"""What happens in a run as one JSON object a line, for programs that collect logs; only where it is asked for.

``docs/monitoring.md`` has the fields. Standard output stays as a person reads it; the objects go to standard error,
where then nothing else goes.
"""

import json
import logging
import os
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from pipeline.foundation.errors import ConfigError
from pipeline.foundation.records import plain
from pipeline.foundation.words import harmless

VARIABLE = "CONVOY_LOG"
JSON = "json"

_lock = threading.Lock()


def is_wanted() -> bool:
    """Return whether ``CONVOY_LOG`` asks for JSON.

    Raises:
        ConfigError: It asks for something else.
    """
    kind = os.environ.get(VARIABLE, "")
    if kind not in ("", JSON):
        raise ConfigError(f"CONVOY_LOG={kind} is unknown; it is {JSON}, or not set at all")
    return kind == JSON


class Journal:
    """Writes the objects of one run, from any thread; where nobody asked, it writes nothing."""

    def __init__(self, run: str | None = None, stream: TextIO | None = None) -> None:
        self.run = run
        self.is_open = stream is not None or is_wanted()
        self._stream = stream

    def write(
        self,
        event: str,
        message: str,
        *,
        level: str = "info",
        stage: str | None = None,
        numbers: Mapping[str, Any] | None = None,
    ) -> None:
        """Write one object.

        Args:
            event: What it is: ``docs/monitoring.md`` lists them.
            message: The same for a person, mostly as the terminal shows it.
            level: ``debug``, ``info``, ``warning``, ``error`` or ``critical``.
            stage: Which stage it is about.
            numbers: Whatever else there is to know.
        """
        if not self.is_open:
            return
        own = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": level,
            "run": self.run,
            "stage": stage,
            "event": event,
            "message": message,
        }
        line = json.dumps(own | {**plain(numbers or {}), **own}, ensure_ascii=True, allow_nan=False)
        with _lock:
            stream = self._stream or sys.stderr
            stream.write(line + "\n")
            stream.flush()


class _Listener(logging.Handler):
    """Takes the lines of loggers that would else stand between the objects as text."""

    def emit(self, record: logging.LogRecord) -> None:
        Journal().write("log", record.getMessage(), level=record.levelname.lower())


def listen() -> None:
    """Take warnings and the lines of this process's own loggers into the journal, if it is wanted.

    Raises:
        ConfigError: ``CONVOY_LOG`` asks for something that is unknown.
    """
    if not is_wanted():
        return
    logging.captureWarnings(True)
    for name in ("pipeline", "py.warnings"):
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.handlers = [_Listener(logging.WARNING)]


def complain(sentence: str, code: int, *, prefix: str = "", run: str | None = None) -> None:
    """Tell how a command ended, to whoever reads standard error.

    Args:
        sentence: Why.
        code: Its exit code.
        prefix: What stands before it for a person.
        run: Name of the run.
    """
    try:
        wanted = is_wanted()
    except ConfigError:
        wanted = False
    if wanted:
        Journal(run).write("error", sentence, level="error", numbers={"exit_code": code})
    else:
        lines = "\n".join(map(harmless, sentence.split("\n")))  # settings and the gate tell several things
        sys.stderr.write(f"{prefix}{lines}\n")
