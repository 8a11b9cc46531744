"""A text file in blocks of UTF-8, so that no file is too large."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from pipeline.foundation.errors import DataError

BLOCK = 8 << 20
"""Bytes read at once: enough rows that a block's fixed costs vanish, and little beside the memory of a machine."""

SNIFFED = 65_536
UNREADABLE = "\uffff"
"""Stands for bytes that are no text; Unicode promises never to give it a meaning."""


def text_blocks(path: Path, encoding: str = "utf-8", *, keep_going: bool = False) -> Iterator[bytes]:
    """Yield the content of a plain or gzipped text file as UTF-8, without byte-order mark.

    Args:
        path: The file; packed if its name ends in `.gz`.
        encoding: How its text is written.
        keep_going: Whether bytes that are no text become :data:`UNREADABLE`; else they are an error.

    Raises:
        DataError: The file cannot be read or unpacked, is no text, or has another encoding.
    """
    decoder = _decoder(encoding, "convoy.mark" if keep_going else "strict")
    line, first = 1, True
    utf8 = codecs.lookup(encoding).name == "utf-8"
    for block in _raw_blocks(path):
        if first and b"\0" in block[:SNIFFED] and not _is_wide(encoding):
            raise DataError(
                f"{path} is not text (it holds zero bytes); use sources.kind=parquet, or sources.encoding=utf-16"
            )
        if utf8 and block.isascii() and not decoder.getstate()[0] and not first:
            line += block.count(b"\n")
            yield block
            continue
        text = _decoded(decoder, block, path, encoding=encoding, line=line)
        if first:
            text = text.removeprefix("\ufeff")
        first = not text
        line += text.count("\n")
        yield text.encode()
    yield _decoded(decoder, b"", path, encoding=encoding, line=line).encode()


def _is_wide(encoding: str) -> bool:
    return encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32", "utf16", "utf32"))


def _raw_blocks(path: Path) -> Iterator[bytes]:
    try:
        with _opened(path) as file:
            while block := file.read(BLOCK):
                yield block
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}") from None


def _opened(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb")


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return UNREADABLE, error.end


codecs.register_error("convoy.mark", _mark)


def _decoder(encoding: str, errors: str) -> codecs.IncrementalDecoder:
    try:
        return codecs.getincrementaldecoder(encoding)(errors)
    except LookupError:
        raise DataError(
            f"sources.encoding={encoding} is no known encoding; try utf-8, cp1252 or latin-1"
        ) from None


def _decoded(
    decoder: codecs.IncrementalDecoder, block: bytes, path: Path, *, encoding: str, line: int
) -> str:
    """Return the text of a block; an empty one is the end.

    Raises:
        DataError: A byte is no text; the message names its line.
    """
    try:
        return decoder.decode(block, final=not block)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(encoding, "ignore").count("\n")
        raise DataError(
            f"{path.name}:{line + before} is not {encoding} (byte {error.object[error.start]:#04x}); "
            f"set sources.encoding, often cp1252 or latin-1"
        ) from None
    except UnicodeError as error:  # UTF-16 without a byte-order mark, and the like
        raise DataError(f"{path.name} is not {encoding}: {error}; set sources.encoding") from None
