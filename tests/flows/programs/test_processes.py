"""Which process is meant, and the end of a whole group."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from flows.programs.launch import launched
from flows.programs.lines import follow
from flows.programs.processes import end_group, identity, is_alive
from flows.runs.lock import only_run
from pipeline.foundation.errors import BusyError

CHILD_THAT_IGNORES_TERM = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"])
print("ready", flush=True)
time.sleep(60)
"""

HOLDER = """
import sys, time
from pathlib import Path
from flows.runs.lock import only_run
with only_run(Path(sys.argv[1]), "convoy run"):
    print("held", flush=True)
    time.sleep(60)
"""


def start(*command, **options):
    return subprocess.Popen(command, stdout=subprocess.PIPE, **options)


def test_this_process_is_alive_and_a_later_one_with_its_number_is_not_it():
    me = identity()
    assert me is not None

    assert is_alive(me)
    assert not is_alive(replace(me, started="1"))
    assert not is_alive(replace(me, boot="before the restart"))


def test_a_process_that_has_ended_is_not_alive():
    with start(sys.executable, "-c", "input()", stdin=subprocess.PIPE) as process:
        who = identity(process.pid)
        assert who is not None and is_alive(who)

    assert not is_alive(who)


def test_a_process_on_another_machine_is_taken_to_live():
    me = identity()
    assert me is not None

    assert is_alive(replace(me, host="elsewhere", pid=1, started="1"))


def test_a_group_that_ignores_the_request_is_killed_to_the_last_member():
    leader = start(sys.executable, "-c", CHILD_THAT_IGNORES_TERM, start_new_session=True)
    assert leader.stdout is not None
    leader.stdout.readline()
    members = [leader.pid, *(child.pid for child in psutil.Process(leader.pid).children())]

    end_group(leader, grace_seconds=0.3)

    assert len(members) == 2
    assert leader.returncode == -signal.SIGKILL
    assert not any(identity(pid) for pid in members)


def test_a_launched_program_ends_with_the_process_that_started_it():
    program = (
        "import subprocess, sys, time; from flows.programs.launch import launched; "
        "child = subprocess.Popen(launched([sys.executable, '-c', 'import time; time.sleep(60)'])); "
        "print(child.pid, flush=True); time.sleep(60)"
    )
    with start(sys.executable, "-c", program) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(0.5)
        assert identity(child) is not None

        parent.kill()
        parent.wait()

    give_up = time.monotonic() + 10
    while identity(child) is not None:
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_a_program_whose_parent_is_gone_already_does_not_start(tmp_path):
    command = launched([sys.executable, "-c", f"open({str(tmp_path / 'made')!r}, 'w')"])
    command[3] = "1"  # as if process 1 had asked for it and had ended meanwhile

    assert subprocess.run(command, capture_output=True, check=False).returncode == 1
    assert not (tmp_path / "made").exists()


def test_lines_are_whole_and_a_progress_bar_is_lines():
    program = (
        "import sys; sys.stdout.buffer.write('größ'.encode()[:4]); sys.stdout.flush(); "
        "sys.stdout.buffer.write('größ'.encode()[4:] + b'er\\r50 %\\r\\nlast')"
    )
    with start(sys.executable, "-c", program) as process:
        lines = list(follow(process, lambda: False))

    assert lines == ["größer", "50 %", "last"]


def test_something_left_behind_that_holds_the_pipe_open_does_not_hold_the_run():
    left_behind = (
        "import subprocess, sys; print('said'); sys.stdout.flush(); "
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    )
    process = start(sys.executable, "-c", left_behind, start_new_session=True)
    began = time.monotonic()

    lines = list(follow(process, lambda: False))

    assert lines == ["said"]
    assert time.monotonic() - began < 30
    end_group(process, grace_seconds=1.0)


def test_a_project_is_held_by_one_process_and_given_back_when_that_is_killed(tmp_path):
    with start(sys.executable, "-c", HOLDER, str(tmp_path)) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(BusyError, match=rf"held by `convoy run`, process {holder.pid} on "),
            only_run(tmp_path, "convoy stage"),
        ):
            pass
        os.kill(holder.pid, signal.SIGKILL)

    with only_run(tmp_path, "convoy stage"), only_run(tmp_path, "convoy run"):
        pass
