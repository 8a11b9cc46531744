"""What a request holds: read up to a limit, then told apart by its kind."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

import anyio
from starlette.requests import Request

from pipeline.foundation.errors import DataError
from pipeline.stages.service import Answered, Service

TABLES = {
    "text/csv": "rows.csv",
    "application/x-ndjson": "rows.jsonl",
    "application/jsonl": "rows.jsonl",
    "application/vnd.apache.parquet": "rows.parquet",
    "application/x-parquet": "rows.parquet",
}
"""Kind of content → name of the file that it becomes."""

ARRIVING_SECONDS = 60.0
"""A body that has not arrived by then is given up."""


class TooLargeError(Exception):
    """The body is longer than what is allowed."""


class TooSlowError(Exception):
    """The body did not arrive in time."""


async def read_body(request: Request, most: int) -> bytes:
    """Return the body; no more than ``most`` bytes of it are ever held.

    Raises:
        TooLargeError: It is longer.
        TooSlowError: It did not arrive in time.
    """
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > most:
        raise TooLargeError
    parts, size = [], 0
    try:
        with anyio.fail_after(ARRIVING_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise TooLargeError
                parts.append(part)
    except TimeoutError:
        raise TooSlowError from None
    return b"".join(parts)


def answer(service: Service, kind: str, body: bytes, *, every: bool) -> Answered:
    """Answer a body.

    Args:
        service: The model.
        kind: ``Content-Type`` of the request.
        body: All of it.
        every: Windows of a series: whether every row is answered.

    Raises:
        DataError: It is of no known kind, or cannot be read as what it says it is.
    """
    plain = kind.partition(";")[0].strip().lower()
    if plain in ("application/json", ""):
        return _of_json(service, body, every=every)
    if plain in TABLES and not service.media:
        return service.answer_file(TABLES[plain], body, every=every)
    if service.media and plain.partition("/")[0] in ("image", "audio", "video"):
        return service.answer_file(f"sent.{plain.partition('/')[2].removeprefix('x-')}", body)
    wanted = (
        "application/json, image/*, audio/*" if service.media else f"application/json, {', '.join(TABLES)}"
    )
    raise DataError(f"Content-Type {plain!r} cannot be read; send one of {wanted}")


def _of_json(service: Service, body: bytes, *, every: bool) -> Answered:
    try:
        sent = json.loads(body, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise DataError(f"the body is no JSON: {error}") from None
    if isinstance(sent, dict) and service.media and isinstance(sent.get("files"), list):
        return service.answer_files(dict(_file(each) for each in sent["files"]))
    rows = sent.get("rows") if isinstance(sent, dict) else sent
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        wanted = '{"files": [{"name": …, "content": base64}]}' if service.media else '{"rows": [{…}, …]}'
        raise DataError(f"the body has to be {wanted}")
    return service.answer_rows(rows, every=every)


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
