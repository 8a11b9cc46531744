"""Past times are run again with the data that were there then, and the present is put back."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

from tests.flows.conftest import wait_until

pytestmark = pytest.mark.e2e

HOME = "data/raw/power"
TIMES = ("backfill", "--from", "2026-01-02", "--to", "2026-01-06", "--cron", "0 3 * * *")
SAID = {"2026-01-02T0300Z": "first\n", "2026-01-03T0300Z": "second\n", "2026-01-05T0300Z": "third\n"}
"""Time at which something was new, and what was known then."""


@pytest.fixture
def grown(fed):
    """A project with three snapshots, of which it reads the last."""
    mini, place = fed
    mini.environment["TZ"] = "UTC"
    texts = {name: (mini.folder / name).read_text() for name in ("params.yaml", "dvc.yaml")}
    for day, content in (("2026-01-03T0300Z", "second\n"), ("2026-01-05T0300Z", "third\n")):
        (mini.folder / HOME / day).mkdir()
        (mini.folder / HOME / day / "power.csv").write_text(content)
        dvc(mini, "add", "-q", f"{HOME}/{day}")
    for name, text in texts.items():
        (mini.folder / name).write_text(text.replace("2026-01-01", "2026-01-05T0300Z"))
    place.write_text("third\n")
    assert mini.convoy("run").returncode == 0
    return mini, place


def dvc(mini, *arguments):
    subprocess.run(
        [sys.executable, "-m", "dvc", *arguments], cwd=mini.folder, check=True, capture_output=True
    )


def present(folder):
    """Return what says which data are in use, and the results."""
    paths = [folder / name for name in ("params.yaml", "dvc.yaml", "dvc.lock")]
    paths += [path for path in (folder / "data").rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def kept(mini):
    return sorted(path.name for path in (mini.folder / ".convoy" / "backfill").iterdir())


def test_past_times_see_what_was_there_then_and_the_present_is_put_back(grown):
    mini, place = grown
    deploy = ("deploy", "--work-pool", "past", "--cron", "0 3 * * *", "--name", "past")
    assert mini.convoy(*deploy).returncode == 0
    place.write_text("fourth, which came later\n")
    before = present(mini.folder)

    ended = mini.convoy(*TIMES[:5])  # the times are those of the deployment

    assert ended.returncode == 0, ended.stderr
    assert "2 times left out: nothing new since the time before" in ended.stdout
    assert present(mini.folder) == before
    assert kept(mini) == sorted(SAID)
    for time, content in SAID.items():
        for name, own in (("params", "params.yaml"), ("stages", "dvc.yaml"), ("lock", "dvc.lock")):
            shutil.copyfile(mini.folder / ".convoy" / "backfill" / time / f"{name}.yaml", mini.folder / own)
        dvc(mini, "checkout", "--force", "data/ingest")
        assert (mini.folder / "data/ingest/power.csv").read_text() == content


def test_every_run_runs_the_other_times_too_and_what_was_done_is_left_out(grown):
    mini, _ = grown
    assert mini.convoy(*TIMES).returncode == 0
    begun = len(list((mini.folder / ".convoy" / "runs").iterdir()))

    ended = mini.convoy(*TIMES, "--every-run")

    assert ended.stdout.count("  done before") == 3
    assert len(list((mini.folder / ".convoy" / "runs").iterdir())) == begun + 2
    assert len(kept(mini)) == 5


def test_snapshots_that_a_run_let_leave_come_back_for_a_backfill_and_leave_again(grown):
    mini, place = grown
    place.write_text("fourth\n")

    assert mini.convoy("run", "-S", "flow.keep_snapshots=1").returncode == 0

    (newest,) = [path.name for path in (mini.folder / HOME).iterdir() if path.is_dir()]
    before = present(mini.folder)
    ended = mini.convoy(*TIMES)
    assert ended.returncode == 0, ended.stderr
    assert kept(mini) == sorted(SAID)
    assert present(mini.folder) == before
    assert [path.name for path in (mini.folder / HOME).iterdir() if path.is_dir()] == [newest]
    assert f"{HOME}/2026-01-03T0300Z went, and is in DVC's cache alone now" in ended.stdout


def test_after_kill_9_the_next_run_begins_from_the_present_and_the_backfill_goes_on(grown):
    mini, _ = grown
    before = present(mini.folder)
    (mini.folder / "validate.txt").write_text("another rule")  # so that nothing comes from DVC's cache
    begun = mini.trace("begins").count("validate")
    mini.behave("validate", sleep=0)
    running = mini.start(*TIMES)
    wait_until(lambda: mini.trace("ends").count("validate") > begun)
    mini.behave("validate", sleep=60)
    wait_until(lambda: mini.trace("begins").count("validate") > begun + 1)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    wait_until(lambda: not mini.processes())
    assert "2026-01-03T0300Z" in (mini.folder / "params.yaml").read_text()
    mini.behave("validate", sleep=0)

    assert mini.convoy("run").returncode == 0

    after = present(mini.folder)
    assert {name: after[name] for name in ("params.yaml", "dvc.yaml", "data/ingest/power.csv")} == {
        name: before[name] for name in ("params.yaml", "dvc.yaml", "data/ingest/power.csv")
    }
    again = mini.convoy(*TIMES)
    assert again.stdout.count("  done before") == 1
    assert kept(mini) == sorted(SAID)
    assert present(mini.folder) == after


def test_what_cannot_be_run_again_is_told_in_a_sentence(fed):
    said = {
        ("2026-01-02", "2026-01-01"): (2, "--from 2026-01-02 is after --to 2026-01-01"),
        ("soon", "2026-01-01"): (2, "--from soon is no time"),
        ("2999-01-01", "2999-01-02"): (2, "has not come yet"),
        ("2025-01-01", "2025-01-03"): (3, "holds no snapshot that was taken by 2025-01-03"),
        ("2026-01-02T04:00", "2026-01-02T05:00"): (2, "no time of the schedule lies between"),
    }
    for (begin, end), (code, sentence) in said.items():
        ended = fed[0].convoy("backfill", "--from", begin, "--to", end, "--cron", "0 3 * * *")
        assert (ended.returncode, len(ended.stderr.splitlines())) == (code, 1), ended.stderr
        assert sentence in ended.stderr

    ended = fed[0].convoy("backfill", "--from", "2026-01-02", "--to", "2026-01-06")
    assert ended.returncode == 2
    assert "no deployment retrains" in ended.stderr
