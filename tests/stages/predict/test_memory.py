"""Inputs may be larger than memory: what is held does not grow with their rows.

Of text tables, whose reader has buffers of its own, the tests of ingest show the same.
"""

import json
import subprocess
import sys

import polars as pl
import pytest

from pipeline.stages.bundle import make_bundle

pytestmark = pytest.mark.real

MEASURED = """
import json, resource, sys
from pathlib import Path
from pipeline.stages.predict import predict
report = predict(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), project=Path())
print(json.dumps([report.scored, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


def test_four_times_the_rows_do_not_need_more_memory(projects, tmp_path):
    project = projects("numbers")
    make_bundle(project.folder, tmp_path / "model")
    part = pl.read_parquet(project.source)
    used = []
    for times in (500, 2000):
        source = tmp_path / "rows.parquet"
        pl.concat([part] * times).write_parquet(source, row_group_size=100_000)
        call = [
            sys.executable,
            "-c",
            MEASURED,
            str(source),
            str(tmp_path / "out.parquet"),
            str(tmp_path / "model"),
        ]
        scored, peak = json.loads(subprocess.run(call, check=True, capture_output=True, text=True).stdout)
        assert scored == times * part.height
        used.append(peak / 1024)

    # A row has four numbers and, predicted, a dozen values: 750,000 more of them, held whole, are more than 90 MB.
    assert used[1] < used[0] + 60, (
        f"{used[0]:.0f} MB for 250,000 rows, {used[1]:.0f} MB for four times as many"
    )
