"""Looking for copies among many texts takes the memory that is set aside for it, and no more with more texts."""

import subprocess
import sys
from pathlib import Path

import pytest

FEW, MANY = 150, 600
"""Pieces of a thousand texts."""

TEXT_BYTES = 1_500
LOOK = """
import sys
import polars as pl
from pipeline.leakage.twins import text_aliases

def pieces():
    for piece in range(int(sys.argv[1])):
        numbers = pl.int_range(piece * 1_000, (piece + 1) * 1_000, eager=True).cast(pl.String)
        yield numbers + " " + "w" * int(sys.argv[2])

_, _, looked_at, count = text_aliases(pieces, 1.0)
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(looked_at, count, peak)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell of peaks there")
def test_more_texts_than_are_compared_take_no_more_memory():
    told = []
    for pieces in (FEW, MANY):
        command = [sys.executable, "-c", LOOK, str(pieces), str(TEXT_BYTES)]
        ended = subprocess.run(command, capture_output=True, text=True, check=True)
        told.append([int(word) for word in ended.stdout.split()])
    (looked_at, few, low), (looked_at_again, many, high) = told

    assert looked_at == pytest.approx(looked_at_again, rel=0.01)
    assert looked_at < few < many
    assert 1024 * (high - low) < TEXT_BYTES * (many - few) / 10
