"""What a request holds: read up to a limit, then told apart by its kind."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio
from starlette.requests import Request

from flows.endpoint.size import Most
from pipeline.foundation.errors import DataError
from pipeline.stages.service import Answered, Service

PARQUET = "rows.parquet"
TABLES = {
    "text/csv": "rows.csv",
    "application/x-ndjson": "rows.jsonl",
    "application/jsonl": "rows.jsonl",
    "application/vnd.apache.parquet": PARQUET,
    "application/x-parquet": PARQUET,
}
"""Kind of content → name of the file that it becomes."""

ARRIVING_SECONDS = 60.0
"""A body that has not arrived by then is given up."""


class TooSlowError(Exception):
    """The body did not arrive in time."""


async def read_body(request: Request, most: Most) -> bytes:
    """Return the body; no more bytes of it than are allowed are ever held.

    Raises:
        TooLargeError: It is longer.
        TooSlowError: It did not arrive in time.
    """
    told = request.headers.get("content-length", "")
    if told.isascii() and told.isdigit():
        most.require_body(int(told[:20]))
    parts, size = [], 0
    try:
        with anyio.fail_after(ARRIVING_SECONDS):
            async for part in request.stream():
                size += len(part)
                most.require_body(size)
                parts.append(part)
    except TimeoutError:
        raise TooSlowError from None
    return b"".join(parts)


@dataclass(frozen=True)
class Sent:
    """What was sent."""

    kind: str
    """``Content-Type`` of the request."""

    body: bytes
    every: bool
    """Windows of a series: whether every row is answered."""


def answer(service: Service, sent: Sent, most: Most) -> Answered:
    """Answer a body.

    Args:
        service: The model.
        sent: The request.
        most: What it may hold.

    Raises:
        DataError: It is of no known kind, or cannot be read as what it says it is.
        TooLargeError: It holds more than is allowed.
    """
    plain, body, every = sent.kind.partition(";")[0].strip().lower(), sent.body, sent.every
    if plain in ("application/json", ""):
        return _of_json(service, sent, most)
    if plain in TABLES and not service.media:
        (most.require_parquet if TABLES[plain] == PARQUET else most.require_lines)(body)
        return service.answer_file(TABLES[plain], body, every=every)
    if service.media and plain.partition("/")[0] in ("image", "audio", "video"):
        return service.answer_file(f"sent.{plain.partition('/')[2].removeprefix('x-')}", body)
    wanted = (
        "application/json, image/*, audio/*" if service.media else f"application/json, {', '.join(TABLES)}"
    )
    raise DataError(f"Content-Type {plain!r} cannot be read; send one of {wanted}")


def _of_json(service: Service, request: Sent, most: Most) -> Answered:
    try:
        sent = json.loads(request.body, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise DataError(f"the body is no JSON: {error}") from None
    if isinstance(sent, dict) and service.media and isinstance(sent.get("files"), list):
        most.require_rows(len(sent["files"]), "files")
        return service.answer_files(_files(sent["files"]))
    rows = sent.get("rows") if isinstance(sent, dict) else sent
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        wanted = '{"files": [{"name": …, "content": base64}]}' if service.media else '{"rows": [{…}, …]}'
        raise DataError(f"the body has to be {wanted}")
    most.require_rows(len(rows))
    return service.answer_rows(rows, every=request.every)


def _files(sent: Sequence[Any]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for name, content in map(_file, sent):
        if name in files:
            raise DataError(f"two files are named {name[:60]!r}; give each a name of its own")
        files[name] = content
    return files


def _file(each: Any) -> tuple[str, bytes]:
    if not isinstance(each, Mapping) or not all(
        isinstance(each.get(key), str) for key in ("name", "content")
    ):
        raise DataError('each file has to be {"name": …, "content": base64}')
    try:
        return each["name"], base64.b64decode(each["content"], validate=True)
    except (binascii.Error, ValueError):
        raise DataError(f"the content of {each['name'][:60]!r} is no base64") from None


def _refused(word: str) -> float:
    raise ValueError(f"{word} is no number in JSON; leave the cell out, or send null")
