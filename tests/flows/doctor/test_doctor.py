"""What `convoy doctor` finds, and what it mends."""

import json
import shutil
import subprocess
import sys

import pytest

from flows.doctor.examine import examine
from flows.doctor.machine_checks import KNOWN_BAD, bad_combinations, installed, is_in
from flows.doctor.project_checks import damaged_folders, examine_project, leftovers
from flows.doctor.repair import repair_project
from flows.showing.outbox import Delivery
from flows.showing.unsent import keep
from flows.versions.cache import damaged_objects
from pipeline.foundation.folder import stage_folder

SERVES = """
import sys, time
from pathlib import Path
from flows.runs.serving import told_as_serving
with told_as_serving(Path(sys.argv[1]), "retrain daily", jobs=["retrain/mini"], server="here"):
    print("serves", flush=True)
    time.sleep(60)
"""


def problems(findings):
    return [finding for finding in findings if finding.level == "problem"]


def test_the_environment_of_these_tests_has_no_combination_known_to_break():
    assert list(bad_combinations(installed)) == []


@pytest.mark.parametrize(("combination", "_reason", "mend"), KNOWN_BAD, ids=lambda value: str(value)[:40])
def test_every_combination_known_to_break_is_found_with_the_way_out(combination, _reason, mend):
    versions = {
        "<3.9": "3.8.8",
        ">=2.1": "2.1.0",
        ">=0.151": "0.151.0",
        "==2.6.2": "2.6.2",
        "==2.6.3": "2.6.3",
    }
    here = {package: versions[spec] for package, spec in combination.items()}

    [found] = bad_combinations(here.get)

    assert found.level == "problem"
    assert found.mend == mend
    assert all(f"{package} {number}" in found.what for package, number in here.items())


def test_a_good_version_beside_the_same_partner_is_no_problem():
    assert (
        list(bad_combinations({"prefect": "3.8.8", "sqlalchemy": "2.0.58", "fastapi": "0.150.0"}.get)) == []
    )
    assert not is_in(None, ">=0")


def test_a_healthy_project_has_no_problem(done):
    shutil.rmtree(done.folder / ".convoy" / "runs", ignore_errors=True)

    assert problems(examine_project(done.folder)) == []


def test_a_damaged_object_in_dvcs_cache_is_found_removed_and_made_again(done):
    count, damaged = damaged_objects(done.folder)
    assert (count, damaged) == (8, [])
    victim = next(path for path in (done.folder / ".dvc" / "cache" / "files").rglob("*") if path.is_file())
    victim.chmod(0o644)
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")

    assert damaged_objects(done.folder)[1] == [victim]
    assert any(str(victim) in finding.what for finding in problems(examine_project(done.folder)))
    assert [finding.level for finding in repair_project(done.folder)] == ["mended"]

    assert not victim.exists()
    assert problems(examine_project(done.folder)) == []
    shutil.rmtree(done.folder / "data")
    assert done.convoy("stage", "last").returncode == 0
    assert (done.folder / "data" / "first" / "result.txt").read_text() == "first"


@pytest.mark.parametrize("text", ["x: [\n", "stages: 3\n", "- a\n", "\xff"])
def test_a_damaged_lock_is_a_problem_in_words(done, text):
    (done.folder / "dvc.lock").write_bytes(text.encode("latin-1"))

    [found] = problems(examine_project(done.folder))

    assert "dvc.lock is damaged" in found.what
    assert "git checkout dvc.lock" in str(found.mend)
    assert list(repair_project(done.folder)) == []


def test_a_stage_folder_that_is_not_what_its_stage_wrote_is_removed(tmp_path):
    for stage in ("ingest", "validate"):
        with stage_folder(tmp_path / "data" / stage) as out:
            (out / "table.txt").write_text("as written")
    (tmp_path / "data" / "ingest" / "table.txt").write_text("as changed")

    assert list(damaged_folders(tmp_path)) == [tmp_path / "data" / "ingest"]
    list(repair_project(tmp_path))

    assert not (tmp_path / "data" / "ingest").exists()
    assert (tmp_path / "data" / "validate" / "table.txt").read_text() == "as written"


def test_what_a_killed_stage_left_half_built_is_removed_and_what_is_being_built_is_not(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    half = tmp_path / "data" / ".tmp" / f"ingest.{gone.pid}"
    half.mkdir(parents=True)
    with stage_folder(tmp_path / "data" / "validate") as building:
        assert leftovers(tmp_path) == [half]

        list(repair_project(tmp_path))

        assert building.is_dir()
    assert not half.exists()


def test_a_wrong_setting_is_a_problem_in_words(done):
    (done.folder / "params.yaml").write_text("version: 1\ntraning: {}\n")

    [found] = problems(examine_project(done.folder))

    assert "traning is not a setting; did you mean training?" in found.what


def test_doctor_ends_with_1_while_a_problem_is_left_and_with_0_when_it_is_mended(done, capsys):
    lock = done.folder / ".dvc" / "tmp" / "rwlock"
    lock.write_text(json.dumps({"write": {"data/first": {"pid": 1, "cmd": "dvc repro"}}}))

    assert examine(done.folder) == 1
    told = capsys.readouterr().out
    assert "data/first locked in the name of a process that is no DVC" in told
    assert "→ convoy doctor --repair" in told
    assert examine(done.folder, repair=True) == 0
    assert "dropped the stale lock of data/first" in capsys.readouterr().out


def test_outside_a_project_only_the_machine_is_looked_at(tmp_path, capsys):
    assert examine(tmp_path) == 0
    assert "is no project: only the machine was looked at" in capsys.readouterr().out


def test_news_that_were_not_heard_and_a_schedule_that_was_killed_are_found(done):
    keep(done.folder, "failed", [Delivery("json://host/…", False, "it answered 500")])
    gone = subprocess.Popen([sys.executable, "-c", SERVES, str(done.folder)], stdout=subprocess.PIPE)
    gone.stdout.readline()
    gone.kill()
    gone.wait()

    found = {finding.what: finding.mend for finding in examine_project(done.folder)}

    [heard] = [what for what in found if "json://host/… did not take 1 message" in what]
    [killed] = [what for what in found if f"`convoy serve`, process {gone.pid}, was killed" in what]
    assert found[heard] == "correct CONVOY_NOTIFY, then `convoy notify --test`"
    assert killed.endswith("nothing serves since: retrain daily")
    assert f"forgot that process {gone.pid}, which served" in " ".join(
        each.what for each in repair_project(done.folder)
    )
