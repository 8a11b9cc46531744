"""Bodies that are small and hold much: refused before a row of them is read."""

import io
import json
from pathlib import Path

import polars as pl
import pytest

from flows.endpoint.size import Most, TooLargeError
from tests.flows.endpoint.conftest import start

pytestmark = pytest.mark.e2e

DAY = {"warmth": 12.5, "wind": 3.0, "sky": "grey"}
PARQUET = {"Content-Type": "application/vnd.apache.parquet"}


@pytest.fixture(scope="module")
def narrow(days, tmp_path_factory):
    """A server that takes a megabyte and a thousand rows."""
    serving = start(days, "--max-body", "1", "--max-rows", "1000")
    yield serving
    serving.end()


def parquet(table: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    table.write_parquet(file, compression="zstd")
    return file.getvalue()


def repeated(rows: int, **other: object) -> bytes:
    cells = {**DAY, **other}
    return parquet(
        pl.select(pl.repeat(value, rows, eager=False).alias(name) for name, value in cells.items())
    )


def test_millions_of_equal_rows_in_some_kilobytes_are_refused_at_once_and_are_never_held(narrow):
    body = repeated(6_000_000)
    narrow.post(json=[DAY])
    before = _most_held(narrow)

    response = narrow.post(content=body, headers=PARQUET)

    assert len(body) < 100_000
    assert response.status_code == 413
    assert response.json()["detail"] == (
        "the request holds 6,000,000 rows, and 1,000 are answered at once; send them in parts"
    )
    assert _most_held(narrow) - before < 50_000_000


@pytest.mark.parametrize(("kind", "body"), [
    ("application/json", json.dumps([DAY] * 1001).encode()),
    ("text/csv", pl.DataFrame([DAY] * 1001).write_csv().encode()),
    ("application/x-ndjson", pl.DataFrame([DAY] * 1002).write_ndjson().encode()),
    (PARQUET["Content-Type"], repeated(1001)),
])  # fmt: skip
def test_more_rows_than_are_answered_at_once_are_refused_in_every_form(narrow, kind, body):
    response = narrow.post(content=body, headers={"Content-Type": kind})

    assert response.status_code == 413
    assert "1,000 are answered at once" in response.json()["detail"]


@pytest.mark.parametrize(("kind", "body"), [
    ("application/json", json.dumps([DAY] * 1000).encode()),
    ("text/csv", pl.DataFrame([DAY] * 1000).write_csv().encode()),
    (PARQUET["Content-Type"], repeated(1000)),
])  # fmt: skip
def test_as_many_rows_as_allowed_are_answered(narrow, kind, body):
    response = narrow.post(content=body, headers={"Content-Type": kind})

    assert (response.status_code, response.json()["scored"]) == (200, 1000)


@pytest.mark.parametrize("more", [
    {"note": "x" * 20_000},
    {"note": b"x" * 20_000},
    {"notes": ["x" * 20_000]},
    {"day": list(range(2000))},
])  # fmt: skip
def test_a_table_that_grows_beyond_ten_times_the_largest_body_is_refused(narrow, more):
    """A word stands once in the file and in every row of the table."""
    body = parquet(pl.DataFrame([{**DAY, **more}] * 1000, strict=False))

    response = narrow.post(content=body, headers=PARQUET)

    assert len(body) < 200_000
    assert response.status_code == 413
    assert "once it is read" in response.json()["detail"] or "rows" in response.json()["detail"]


def test_words_that_stand_in_several_rows_are_counted_in_each():
    words = [f"{word:04d} {'word ' * 100}" for word in range(500)]
    body = parquet(pl.DataFrame({"word": words * 2}))

    Most(body_bytes=50_500, rows=1000).require_parquet(body)
    with pytest.raises(TooLargeError, match="takes 505,000 bytes once it is read, and 504,990 are allowed"):
        Most(body_bytes=50_499, rows=1000).require_parquet(body)


def _most_held(serving) -> int:
    """Return the most memory that the server has held at a time, in bytes."""
    lines = Path(f"/proc/{serving.process.pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024
