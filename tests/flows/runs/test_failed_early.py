"""A scheduled run that fails before it has a record leaves one: nobody saw it, and Prefect may forget it."""

import json
import subprocess
import sys

import pytest

from flows.programs.environment import SERVED_VARIABLE
from flows.runs.record import records

CALL = "import sys; from flows.retrain import retrain; retrain(sys.argv[1], return_state=True)"


@pytest.mark.e2e
@pytest.mark.parametrize("by_schedule", [True, False])
def test_a_run_that_never_came_to_its_first_stage_is_in_the_records(elsewhere, by_schedule):
    (elsewhere.folder / "params.yaml").write_text("version: 1\ntraning: {}\n")
    environment = {**elsewhere.environment, **({SERVED_VARIABLE: "1"} if by_schedule else {})}

    subprocess.run([sys.executable, "-c", CALL, str(elsewhere.folder)], env=environment, check=True)

    kept = [record for _, record in records(elsewhere.folder)]
    assert [(record.state, record.exit_code, record.by_schedule) for record in kept] == (
        [("failed", 2, True)] if by_schedule else []
    )
    if by_schedule:
        told = json.loads(elsewhere.convoy("status", "--json").stdout)
        assert "did you mean training?" in told["run"]["why"]
