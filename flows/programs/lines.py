"""What a child process writes, line by line, while it can be given up at any moment."""

import codecs
import os
import selectors
import subprocess
import time
from collections.abc import Callable, Iterator

POLL_SECONDS = 0.1


class Lines:
    """Collects blocks of bytes and gives back whole lines; a progress bar's carriage return ends one, too."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""

    def split(self, block: bytes) -> list[str]:
        """Return the lines that ``block`` completes; an empty block means the end, and completes the last."""
        self._rest += self._decoder.decode(block, final=not block)
        *lines, self._rest = self._rest.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if not block and self._rest:
            lines.append(self._rest)
            self._rest = ""
        return lines


def follow(process: subprocess.Popen[bytes], give_up: Callable[[], bool]) -> Iterator[str]:
    """Yield the lines of ``process`` until it has ended or ``give_up`` says so.

    A closed pipe is not the end: the process may run on in silence. Nor is the end of the process the
    end of the pipe: something that it left behind may hold it open, so what is there is read and no more.
    """
    if process.stdout is None:
        raise RuntimeError("the child was started without a pipe")
    lines = Lines()
    is_open = True
    with process.stdout as pipe, selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while not give_up():
            has_ended = process.poll() is not None
            if is_open and selector.select(0 if has_ended else POLL_SECONDS):
                block = os.read(pipe.fileno(), 65536)
                yield from lines.split(block)
                is_open = bool(block)
            elif has_ended:
                break
            elif not is_open:
                time.sleep(POLL_SECONDS)
        yield from lines.split(b"")
