"""One stage as one child process."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from flows.runs.runner import Errand, StageError, StoppedError, run_stage
from flows.runs.said import Said


@pytest.fixture
def errand(mini, monkeypatch):
    # The stages find this repository's packages, as an installed one would be found.
    return Errand(mini.folder, mini.folder / ".convoy" / "runs" / "test", mini.folder / "reports", 60.0)


def silent(_line: Said) -> None:
    return


def test_a_stage_runs_and_its_lines_arrive_without_dvcs_own(errand):
    lines: list[Said] = []

    run = run_stage("first", errand, on_line=lines.append)

    assert lines == [Said("first works")]
    assert run.outcome == "ran"
    assert (errand.project / "data" / "first" / "result.txt").read_text() == "first"


def test_lines_arrive_while_the_stage_still_runs(errand, mini):
    mini.behave("first", sleep=1.5)
    arrived: list[float] = []

    run_stage("first", errand, on_line=lambda _line: arrived.append(time.monotonic()))

    assert time.monotonic() - arrived[0] > 1.2


def test_a_stage_that_did_not_change_says_so(errand):
    run_stage("first", errand, on_line=silent)

    assert run_stage("first", errand, on_line=silent).outcome == "up to date"


def test_going_back_to_old_inputs_restores_the_old_result(errand, mini):
    run_stage("first", errand, on_line=silent)
    mini.touch("first")
    run_stage("first", errand, on_line=silent)
    (mini.folder / "first.txt").write_text("first")

    assert run_stage("first", errand, on_line=silent).outcome == "restored"


def test_a_stage_past_its_deadline_is_ended_with_everything_it_started(errand, mini):
    mini.behave("first", sleep=60)
    hasty = Errand(errand.project, errand.run_folder, errand.reports, deadline_seconds=2.0)

    with pytest.raises(StageError, match=r"flow\.deadline_seconds=2 "):
        run_stage("first", hasty, on_line=silent)

    assert mini.processes() == []


def test_a_stage_is_stopped_on_request(errand, mini):
    mini.behave("first", sleep=60)
    threading.Timer(1.5, errand.stop.stop, ["Ctrl-C"]).start()

    with pytest.raises(StoppedError, match="ended by Ctrl-C"):
        run_stage("first", errand, on_line=silent)

    assert mini.processes() == []
    assert "first" not in mini.trace("ends")


def test_the_error_a_stage_wrote_down_crosses_dvc(errand, mini):
    story = {"stage": "first", "message": "3 rows break a rule", "exit_code": 4, "retryable": False}
    mini.behave("first", story=story, exit=4)

    with pytest.raises(StageError, match="3 rows break a rule") as caught:
        run_stage("first", errand, on_line=silent)

    assert (caught.value.exit_code, caught.value.retryable) == (4, False)


def test_an_old_story_is_not_told_again(errand, mini):
    story = {"stage": "first", "message": "an old story", "exit_code": 4, "retryable": False}
    mini.behave("first", story=story, exit=4)
    with pytest.raises(StageError, match="an old story"):
        run_stage("first", errand, on_line=silent)
    mini.behave("first", exit=9)

    with pytest.raises(StageError, match="first ended with exit code 9"):
        run_stage("first", errand, on_line=silent)


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_a_killed_stage_is_told_as_killed(errand, mini, monkeypatch, shell):
    # DVC starts commands through $SHELL; bash becomes the command, another shell may wait and say 128 + 9.
    monkeypatch.setenv("SHELL", shell)
    mini.behave("first", sleep=60)
    threading.Thread(target=lambda: os.kill(mini.pid_of("first"), signal.SIGKILL)).start()

    with pytest.raises(StageError, match=r"first was killed by SIGKILL.*memory"):
        run_stage("first", errand, on_line=silent)


def test_a_killed_dvc_leaves_no_stage_behind(errand, mini):
    mini.behave("first", sleep=60)

    def kill_dvc() -> None:
        mini.pid_of("first")
        dvc = mini.running("dvc")
        os.kill(dvc[0].pid, signal.SIGKILL)

    threading.Thread(target=kill_dvc).start()

    with pytest.raises(StageError, match="DVC, while it ran first, was killed by SIGKILL"):
        run_stage("first", errand, on_line=silent)

    assert mini.processes() == []


def test_a_missing_output_is_dvcs_own_error_told_in_a_sentence(errand):
    (errand.project / "work.py").write_text("print('nothing is written')\n")

    with pytest.raises(StageError, match="first failed: failed to reproduce 'first': output 'data/first'"):
        run_stage("first", errand, on_line=silent)


def test_python_in_dvc_yaml_is_the_interpreter_that_runs_convoy(errand, monkeypatch):
    monkeypatch.setenv("PATH", os.pathsep.join(_system_folders()))

    assert run_stage("first", errand, on_line=silent).outcome == "ran"


def _system_folders() -> list[str]:
    return [folder for folder in ("/usr/bin", "/bin") if Path(folder).is_dir()]
