"""A downloader for pooch that keeps what has come of a file, and asks the server only for the rest."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.foundation.folder import sha256

if TYPE_CHECKING:
    from requests import Response

CHUNK = 64 << 10
CONNECT_SECONDS = 15
READ_SECONDS = 60
TOLD_FROM = 32 << 20
"""Of smaller files, nobody wants to know how far they are."""


class Refused(Exception):  # noqa: N818 - an answer, not an error of ours
    """The server answered, and does not give the file: trying again would not help."""


class Wrong(Exception):  # noqa: N818
    """Another file came than the one that is wanted: trying again would not help."""


class Resuming:
    """Brings one file; what arrives lies in a part file until its hash is right."""

    def __init__(
        self, part: Path, digest: str, *, most_bytes: int, on_progress: Callable[[str], None]
    ) -> None:
        self._part = part
        self._digest = digest
        self._most_bytes = most_bytes
        self._on_progress = on_progress

    def __call__(self, url: str, output_file: str, pooch: object, check_only: bool = False) -> None:
        """Bring ``url`` to ``output_file``.

        Raises:
            requests.RequestException: The server cannot be reached or breaks off; pooch tries again.
            ValueError: What was put together of two downloads is wrong; pooch tries again, from the start.
            Refused: The server does not give it.
            Wrong: What came in one piece is another file.
        """
        self._part.parent.mkdir(parents=True, exist_ok=True)
        had_some = self._part.exists()
        self._bring(url)
        if not self._part.exists() or sha256(self._part) != self._digest:
            self._part.unlink(missing_ok=True)
            if had_some:
                raise ValueError(f"what was put together of {url} has a wrong hash")
            raise Wrong(url)
        shutil.move(self._part, output_file)

    def _bring(self, url: str) -> None:
        import requests

        have = self._part.stat().st_size if self._part.exists() else 0
        if have >= self._most_bytes:
            return
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        seconds = (CONNECT_SECONDS, READ_SECONDS)
        with requests.get(url, headers=headers, stream=True, timeout=seconds) as response:
            status = response.status_code
            if status == 416:
                return
            if 400 <= status < 500:
                raise Refused(f"{status} ({response.reason})")
            response.raise_for_status()
            self._append(response, "ab" if status == 206 else "wb")

    def _append(self, response: "Response", mode: str) -> None:
        tenth, total = self._most_bytes // 10, self._most_bytes
        with self._part.open(mode) as target:
            told = target.tell()
            for piece in response.iter_content(CHUNK):
                target.write(piece)
                if target.tell() > self._most_bytes:
                    break  # longer than the file: the hash will not be right
                if total >= TOLD_FROM and target.tell() - told >= tenth:
                    told = target.tell()
                    self._on_progress(f"{self._part.parent.name}: {told >> 20:,} of {total >> 20:,} MB")
