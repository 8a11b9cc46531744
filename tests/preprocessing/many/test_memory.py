"""Preprocessing many rows takes hardly more memory than preprocessing few."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

FEW, MANY = 400_000, 1_600_000
HELD = 224
"""Bytes that each row took while all samples were held (docs/log.md)."""

PREPARE = """
import sys
from pathlib import Path
from pipeline.preprocessing.config import SplitConfig, TableConfig
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.table.tables import prepare_tables
config = TableConfig(steps="one", split=SplitConfig(kind=sys.argv[3]))
prepared = prepare_tables(Path(sys.argv[1]), config, Question("classify"), Path(sys.argv[2]), seed=0, most=100_000)
print(sum(prepared.meta.counts.values()))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def write_samples(path, count):
    """Write that many different rows with an origin and a class, piece by piece."""
    rng = np.random.default_rng(0)
    with pq.ParquetWriter(path, sample_frame(rng, 0, 1).to_arrow().schema) as writer:
        for first in range(0, count, 100_000):
            writer.write_table(sample_frame(rng, first, 100_000).to_arrow())


def sample_frame(rng, first, count):
    numbers = pl.int_range(first, first + count, dtype=pl.Int64, eager=True)
    empty = {"time": pl.Datetime("us"), "split": pl.String}
    return pl.DataFrame(
        {
            "sample_id": numbers,
            **{name: pl.repeat(None, count, dtype=kind, eager=True) for name, kind in empty.items()},
            "group": pl.select(pl.format("patient {}", numbers % 5_000)).to_series(),
            "origin": pl.select(pl.format("measurements_of_the_year.csv:{}", numbers)).to_series(),
            "height": rng.normal(size=count),
            "width": rng.normal(size=count),
            "target": pl.Series(["good", "worn", "broken"]).gather(rng.integers(0, 3, count)),
        }
    )


def peak_of(table, out, kind):
    """Return the samples prepared, and the peak of resident memory of the process that did it, in bytes."""
    out.mkdir()
    told = subprocess.run(
        [sys.executable, "-c", PREPARE, str(table), str(out), kind],
        capture_output=True,
        text=True,
        check=True,
    )
    samples, kilobytes = told.stdout.split()
    return int(samples), 1024 * int(kilobytes)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell of peaks there")
@pytest.mark.parametrize("kind", ["stratified", "group"])
def test_four_times_the_rows_take_hardly_more_memory(tmp_path, kind):
    peaks = []
    for count in (FEW, MANY):
        write_samples(tmp_path / "table.parquet", count)
        samples, peak = peak_of(tmp_path / "table.parquet", tmp_path / str(count), kind)
        assert samples == count
        peaks.append(peak)

    assert (peaks[1] - peaks[0]) / (MANY - FEW) < HELD / 10
