"""Read a text file line by line, however long it is."""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from pipeline.foundation.errors import DataError

LONGEST = 50_000_000
"""Characters of a line; a file without line ends would otherwise be read into memory as one."""


def text_lines(path: Path, encoding: str = "utf-8", errors: str = "strict") -> Iterator[str]:
    r"""Yield the lines of a file, ended by ``\n`` (or ``\r\n``) and by nothing else, plain or ``.gz``.

    ``str.splitlines`` would also cut at NEL, form feeds and the like, which texts in Latin-1 hold.

    Raises:
        DataError: It cannot be read, is no text, or is in another encoding.
    """
    number = 0
    try:
        with binary(path) as file:
            for line in _decoded(file, encoding, errors):
                number += 1
                if len(line) >= LONGEST:
                    raise DataError(
                        f"{path.name}:{number} has more than {LONGEST:,} characters; one text or case per "
                        f"line is wanted"
                    )
                if "\0" in line:
                    raise DataError(f"{path.name}:{number} is not text (it holds zero bytes)")
                yield line.removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path.name}:{number + 1} is not {encoding} (byte {error.object[error.start]:#04x}); set "
            f"sources.encoding, often latin-1 or cp1252"
        ) from None
    except UnicodeError:
        raise DataError(f"{path.name}:{number + 1} is not {encoding}; set sources.encoding") from None
    except LookupError:
        raise DataError(
            f"sources.encoding={encoding} is no known encoding; try utf-8, cp1252 or latin-1"
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}") from None


def binary(path: Path) -> IO[bytes]:
    """Open a file, plain or ``.gz``."""
    return cast(IO[bytes], gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _decoded(file: IO[bytes], encoding: str, errors: str) -> Iterator[str]:
    """Decode line by line where a line end is one byte, so that an error is told with its line."""
    own = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    if "\n".encode(encoding) != b"\n":
        with io.TextIOWrapper(file, encoding=own, errors=errors, newline="\n") as text:
            while line := text.readline(LONGEST):
                yield line
        return
    while content := file.readline(LONGEST):
        yield content.decode(own, errors)
        own = encoding  # a byte-order mark stands only at the start
