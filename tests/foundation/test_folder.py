"""A stage's folder is absent or complete, and its readers notice a changed file."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.foundation.errors import IntegrityError
from pipeline.foundation.folder import stage_folder, verified

KILLED = """
import sys, time
from pathlib import Path
from pipeline.foundation.folder import stage_folder
with stage_folder(Path(sys.argv[1])) as out:
    (out / "half.txt").write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


def made(final, text="whole"):
    with stage_folder(final) as out:
        (out / "a.txt").write_text(text)
    return final


def test_a_finished_folder_lists_the_hash_of_every_file(tmp_path):
    folder = made(tmp_path / "data" / "ingest")

    manifest = json.loads((folder / "manifest.json").read_text())

    assert manifest["stage"] == "ingest"
    assert list(manifest["files"]) == ["a.txt"]
    assert verified(folder, "a.txt").read_text() == "whole"


def test_a_failure_leaves_the_folder_as_it_was(tmp_path):
    folder = made(tmp_path / "data" / "ingest")

    with pytest.raises(RuntimeError), stage_folder(folder) as out:
        (out / "a.txt").write_text("half")
        raise RuntimeError

    assert (folder / "a.txt").read_text() == "whole"
    assert not list((tmp_path / "data" / ".tmp").iterdir())


@pytest.mark.parametrize("before", [False, True])
def test_a_killed_stage_leaves_nothing_half_and_the_next_one_tidies_up(tmp_path, before):
    folder = tmp_path / "data" / "ingest"
    if before:
        made(folder, "old")
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"writing\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()

    assert folder.exists() == before
    made(folder)

    assert verified(folder, "a.txt").read_text() == "whole"
    assert not list((tmp_path / "data" / ".tmp").iterdir())


def test_the_scratch_folder_of_a_living_process_stays(tmp_path):
    other = tmp_path / "data" / ".tmp" / f"ingest.{os.getppid()}"
    other.mkdir(parents=True)

    made(tmp_path / "data" / "ingest")

    assert other.exists()


@pytest.mark.parametrize("damage", ["changed", "removed", "no manifest"])
def test_a_reader_notices(tmp_path, damage):
    folder = made(tmp_path / "data" / "ingest")
    if damage == "changed":
        (folder / "a.txt").write_text("whole?")
    else:
        (folder / ("a.txt" if damage == "removed" else "manifest.json")).unlink()

    with pytest.raises(IntegrityError, match=r"convoy"):
        verified(folder, "a.txt")


def test_a_process_dies_with_its_parent(tmp_path):
    inner = "from pipeline.foundation.parent import die_with_parent as d; import time; d(); time.sleep(60)"
    outer = (
        f"import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', {inner!r}]);"
        f"print(p.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", outer], stdout=subprocess.PIPE)
    child = int(parent.stdout.readline())
    time.sleep(1)
    parent.kill()
    parent.wait()
    parent.stdout.close()

    deadline = time.monotonic() + 5
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        with Path(f"/proc/{child}/stat").open() as stat:
            if stat.read().split()[2] == "Z":
                break
        time.sleep(0.05)
    else:
        assert not Path(f"/proc/{child}").exists()
