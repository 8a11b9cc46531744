"""`convoy run`, from outside: real processes, a real server, DVC's real graph."""

import json
import os
import signal
import sqlite3
import time

import pytest

pytestmark = pytest.mark.e2e


def test_a_run_brings_everything_up_to_date_and_the_next_one_skips_it(mini):
    first = mini.convoy("run")
    began = time.monotonic()
    second = mini.convoy("run")
    seconds = time.monotonic() - began

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert sorted(mini.trace("ends")) == ["first", "last", "left", "right"]
    assert "first works" in first.stdout
    assert "works" not in second.stdout
    assert set(mini.outcomes().values()) == {"up to date"}
    assert [state for state, _ in mini.history()] == ["Completed", "Completed"]
    assert mini.history()[1] == ("Completed", "everything was up to date")
    assert mini.task_states() == {"Completed"}
    assert seconds < 60  # 6 s on an idle machine


def test_forced_stages_come_in_dvcs_order_and_independent_ones_at_once(done_elsewhere):
    done_elsewhere.behave("left", sleep=3)
    done_elsewhere.behave("right", sleep=3)

    assert done_elsewhere.convoy("run", "--force").returncode == 0

    assert set(done_elsewhere.outcomes().values()) == {"ran"}
    assert done_elsewhere.trace("begins")[0] == "first"
    assert done_elsewhere.trace("begins")[-1] == "last"
    lines = (done_elsewhere.folder / "trace.txt").read_text().split("\n")
    assert [line.split()[1] for line in lines[2:6]] == ["begins", "begins", "ends", "ends"]


def test_only_what_depends_on_a_change_runs_again(done_elsewhere):
    done_elsewhere.touch("left")

    result = done_elsewhere.convoy("run")

    assert result.returncode == 0
    assert done_elsewhere.outcomes() == {
        "first": "up to date",
        "left": "ran",
        "right": "up to date",
        "last": "ran",
    }


def test_a_failing_stage_ends_the_run_with_its_sentence_and_exit_code(mini):
    story = {
        "stage": "left",
        "message": "rule `x < 3` is broken by 7 rows",
        "exit_code": 4,
        "retryable": False,
    }
    mini.behave("left", story=story, exit=4)

    result = mini.convoy("run")

    assert result.returncode == 4
    assert "left: rule `x < 3` is broken by 7 rows" in result.stderr
    assert len(result.stderr.splitlines()) <= 5
    assert "Traceback" not in result.stdout + result.stderr
    assert mini.outcomes() == {"first": "ran", "left": "failed", "right": "ran", "last": "not run"}
    assert mini.trace("begins").count("left") == 1
    assert mini.task_states() == {"Completed", "Failed", "Cancelled"}, (
        "what never began is not shown as waiting"
    )


def test_what_waiting_can_mend_is_tried_again(elsewhere):
    story = {"stage": "left", "message": "the disk is away", "exit_code": 6, "retryable": True}
    elsewhere.behave("left", story=story, exit=6, once=True)

    result = elsewhere.convoy("run", "-S", "flow.retry_delay_seconds=1")

    assert result.returncode == 0, result.stderr
    assert elsewhere.trace("begins").count("left") == 2
    assert elsewhere.outcomes()["left"] == "ran"


def test_a_wrong_setting_is_told_before_anything_starts(mini):
    before = (mini.folder / "params.yaml").read_text()

    result = mini.convoy("run", "-S", "training.epoch=5")

    assert result.returncode == 2
    assert "training.epoch is not a setting; did you mean training.epochs?" in result.stderr
    assert (mini.folder / "params.yaml").read_text() == before
    assert not (mini.folder / "trace.txt").exists()


def test_a_folder_that_is_no_project_is_told_in_a_sentence(mini, tmp_path):
    result = mini.convoy("run", "--project", str(tmp_path))

    assert result.returncode == 2
    assert "params.yaml does not exist" in result.stderr


def test_a_second_run_of_one_project_is_refused_and_told_who_holds_it(elsewhere):
    elsewhere.behave("first", sleep=60)
    running = elsewhere.start("run")
    elsewhere.pid_of("first")

    second = elsewhere.convoy("run")
    os.kill(running.pid, signal.SIGINT)
    running.communicate()

    assert second.returncode == 75
    assert f"held by `convoy run`, process {running.pid}" in second.stderr


def test_a_server_that_does_not_answer_is_told_in_a_sentence(mini):
    mini.environment["PREFECT_API_URL"] = "http://127.0.0.1:9/api"

    result = mini.convoy("run")

    assert result.returncode == 6
    assert "no Prefect server answers at PREFECT_API_URL=http://127.0.0.1:9/api" in result.stderr


def test_a_run_leaves_its_lines_a_table_of_its_stages_its_metrics_and_the_way_to_its_report(
    done_elsewhere, server
):
    evaluate = done_elsewhere.folder / "data" / "evaluate"
    evaluate.mkdir()
    scores = {"accuracy": 0.1}
    rival = {"name": "majority", "role": "rival", "scores": scores, "margin": 0.88}
    line = {**rival, "intervals": {}, "margin_interval": None}
    report = {"summary": "better than every floor", "leaderboard": [line]}
    (evaluate / "report.json").write_text(json.dumps(report))
    (evaluate / "report.html").write_text("<p>the report</p>")
    done_elsewhere.touch("last")

    result = done_elsewhere.convoy("run")

    assert "better than every floor" in result.stdout
    assert ["majority", "0.1", "0.88"] in [line.split() for line in result.stdout.splitlines()]
    assert str(evaluate / "report.html") in result.stdout
    flow_run = done_elsewhere.record()["flow_run_id"]
    with sqlite3.connect(server.project / ".convoy" / "prefect.db") as database:
        kept = dict(database.execute("select key, data from artifact where flow_run_id = ?", [flow_run]))
        lines = [
            row[0] for row in database.execute("select message from log where flow_run_id = ?", [flow_run])
        ]
    table = json.loads(json.loads(kept["mini-stages"]))
    assert [(row["stage"], row["outcome"]) for row in table][-1] == ("last", "ran")
    assert "better than every floor" in kept["mini-metrics"]
    assert "majority | 0.1 |" in kept["mini-metrics"]
    assert (evaluate / "report.html").as_uri() in kept["mini-report"]
    assert "last works" in lines
    assert lines.count("up to date") == 3


def test_a_deadline_ends_the_run(elsewhere):
    elsewhere.behave("first", sleep=60)

    result = elsewhere.convoy("run", "-S", "flow.deadline_seconds=3")

    assert result.returncode == 1
    assert "first was still running after flow.deadline_seconds=3" in result.stderr
    assert elsewhere.processes() == []


def test_nothing_is_reported_home_unless_the_user_says_so(mini):
    (mini.folder / "work.py").write_text(
        "import json, os, pathlib, sys\n"
        "pathlib.Path('data', sys.argv[1]).mkdir(parents=True)\n"
        "pathlib.Path('data', sys.argv[1], 'x').write_text(json.dumps(dict(os.environ)))\n"
    )
    mini.environment["GX_ANALYTICS_ENABLED"] = "true"

    mini.convoy("stage", "first")

    seen = json.loads((mini.folder / "data" / "first" / "x").read_text())
    assert seen["DO_NOT_TRACK"] == "1"
    assert seen["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert seen["DVC_NO_ANALYTICS"] == "1"
    assert seen["GX_ANALYTICS_ENABLED"] == "true"


def test_one_stage_and_what_it_needs_without_prefect(mini):
    result = mini.convoy("stage", "left")

    assert result.returncode == 0, result.stderr
    assert mini.trace("ends") == ["first", "left"]
    assert "left works" in result.stdout


def test_a_failing_stage_ends_convoy_stage_with_its_exit_code(mini):
    story = {"stage": "first", "message": "no such file", "exit_code": 3, "retryable": False}
    mini.behave("first", story=story, exit=3)

    result = mini.convoy("stage", "left")

    assert result.returncode == 3
    assert result.stderr == "error: no such file\n"


def test_a_misspelt_stage_is_answered_with_the_nearest(mini):
    result = mini.convoy("stage", "rihgt")

    assert result.returncode == 2
    assert "dvc.yaml has no stage 'rihgt'; did you mean right?" in result.stderr


def test_the_ui_stands_until_ctrl_c_and_runs_use_it(done):
    shown = done.start("ui")
    assert shown.stdout is not None
    line = shown.stdout.readline()
    assert line.startswith("http://127.0.0.1:")

    result = done.convoy("run")
    again = done.convoy("ui")
    os.kill(shown.pid, signal.SIGINT)
    shown.communicate()

    assert result.returncode == 0, result.stderr
    assert again.stdout.startswith("already shown at http://127.0.0.1:")
    assert shown.returncode == 0
    assert [state for state, _ in done.history()] == ["Completed"]
    assert done.task_states() == {"Completed"}
    assert not (done.folder / ".convoy" / "server.log").exists()
