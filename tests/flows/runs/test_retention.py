"""Old runs go, and nothing else does."""

import os
import time
from dataclasses import replace

from flows.runs.record import new_record, run_folder, write_record
from flows.runs.retention import prune, prune_compared
from flows.versions.snapshot import REJECTED


def leave_run(project, name, state="completed"):
    record = replace(new_record(name, server="project", flow_run_id=name), run=name, state=state)
    write_record(run_folder(project, name), record)
    (project / "reports" / name).mkdir(parents=True)
    (project / "reports" / name / "report.html").write_text(name)


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_last_runs_stay_with_their_reports_and_one_under_way_always_does(tmp_path):
    leave_run(tmp_path, "20260101-a", state="running")
    for day in (2, 3, 4, 5):
        leave_run(tmp_path, f"2026010{day}-b")
    (tmp_path / "reports" / "by-hand").mkdir()

    assert prune(tmp_path, 2) == ["20260102-b", "20260103-b"]

    stay = ["20260101-a", "20260104-b", "20260105-b"]
    assert left(tmp_path / ".convoy" / "runs") == stay
    assert left(tmp_path / "reports") == [*stay, "by-hand"]
    assert prune(tmp_path, 2) == []


def test_of_data_that_were_refused_the_newest_stay(tmp_path):
    for day in range(5):
        folder = tmp_path / REJECTED / f"power-{day}"
        folder.mkdir(parents=True)
        os.utime(folder, (day, day))

    prune(tmp_path, 1)

    assert left(tmp_path / REJECTED) == ["power-2", "power-3", "power-4"]


def test_what_no_comparison_used_for_long_goes(tmp_path):
    for place in ("trainings", "folds", "extractors", "checkpoints"):
        for name, age in (("old", 10.5), ("used", 9.5)):
            folder = tmp_path / ".convoy" / place / name
            folder.mkdir(parents=True)
            (folder / "params.yaml").write_text("")
            os.utime(folder, (time.time() - age * 86_400,) * 2)

    (tmp_path / ".convoy" / "folds" / "loose").symlink_to(tmp_path / "nowhere")

    assert prune_compared(tmp_path, 10) == 3

    for place in ("trainings", "extractors"):
        assert left(tmp_path / ".convoy" / place) == ["used"]
    assert left(tmp_path / ".convoy" / "folds") == ["loose", "used"]
    assert left(tmp_path / ".convoy" / "checkpoints") == ["old", "used"]
