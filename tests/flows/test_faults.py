"""A full disk, a cache that cannot be written: one sentence, and once there is room the same bytes as ever.

Each runs in a mount namespace of its own, where a small file system stands for the disk; nothing else sees it.
"""

import shutil
import subprocess

import pytest
import yaml

from tests.flows.conftest import CONVOY

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

MEGABYTES = 12
"""Room for the project and some of its results."""

BIG = """
(out / "big.bin").write_bytes(name.encode() * 700_000)
trace("ends")
"""


def own_mounts(script, folder, environment):
    """Run a shell script where what it mounts is seen by nobody else; skip where the system does not allow that."""
    inside = ["unshare", "--user", "--map-root-user", "--mount"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*inside, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("this system gives no mount namespaces to its users")
    return subprocess.run(
        [*inside, "bash", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )


@pytest.fixture
def heavy(mini, server):
    """A project whose stages write some megabytes each, and whose runs go to a server on another disk."""
    program = mini.folder / "work.py"
    program.write_text(program.read_text().replace('trace("ends")\n', BIG))
    mini.environment["PREFECT_API_URL"] = server.url
    return mini


def results(folder):
    return {
        name: entry["outs"]
        for name, entry in yaml.safe_load((folder / "dvc.lock").read_text())["stages"].items()
    }


@pytest.fixture
def expected(heavy, tmp_path):
    """What DVC writes down of the results of a run in peace."""
    peace = tmp_path / "peace"
    shutil.copytree(heavy.folder, peace)
    subprocess.run([CONVOY, "run"], cwd=peace, env=heavy.environment, check=True, capture_output=True)
    return results(peace)


def test_on_a_full_disk_a_run_ends_with_a_sentence_and_goes_on_once_there_is_room(heavy, expected, tmp_path):
    (tmp_path / "disk").mkdir()
    ended = own_mounts(
        f"""
        mount -t tmpfs -o size={MEGABYTES}m none {tmp_path}/disk && cp -a {heavy.folder} {tmp_path}/disk/mini || exit 77
        cd {tmp_path}/disk/mini
        {CONVOY} run > ../../full.txt 2>&1; echo $? > ../../full.code
        mount -o remount,size=200m none {tmp_path}/disk
        {CONVOY} run > ../../room.txt 2>&1; echo $? > ../../room.code
        cp dvc.lock {tmp_path}/dvc.lock
        """,
        tmp_path,
        heavy.environment,
    )

    assert ended.returncode == 0, ended.stderr
    full, room = (tmp_path / "full.txt").read_text(), (tmp_path / "room.txt").read_text()
    assert (tmp_path / "full.code").read_text() != "0\n", full
    assert "is full; free some space and run again" in full.splitlines()[-1]
    assert (tmp_path / "room.code").read_text() == "0\n", room
    assert results(tmp_path) == expected


def test_with_a_cache_that_cannot_be_written_a_run_ends_with_a_sentence(heavy, expected, tmp_path):
    cache = heavy.folder / ".dvc" / "cache"
    cache.mkdir(exist_ok=True)
    ended = own_mounts(
        f"""
        mount --bind {cache} {cache} && mount -o remount,bind,ro {cache} || exit 77
        {CONVOY} run > {tmp_path}/closed.txt 2>&1; echo $? > {tmp_path}/closed.code
        """,
        heavy.folder,
        heavy.environment,
    )
    again = heavy.convoy("run")

    assert ended.returncode == 0, ended.stderr
    closed = (tmp_path / "closed.txt").read_text()
    assert (tmp_path / "closed.code").read_text() != "0\n", closed
    assert "read-only" in closed.splitlines()[-1].lower()
    assert again.returncode == 0, again.stderr
    assert results(heavy.folder) == expected
