"""Promotions and rollbacks at the same time, and such as are killed or have lost a file."""

import shutil
import signal
import subprocess
import time

import pytest

from pipeline.registry.champion import champion_folder, read_registry
from tests.whole.registry.conftest import champion_of_gto, theirs, weights

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def test_the_champion_is_served_whatever_happens_to_data_and_a_lost_bundle_comes_back_from_its_commit(better):
    better.call("convoy", "promote")
    old, new = (better.folder / ".convoy" / "registry" / name for name in ("v1.0.0", "v2.0.0"))
    own = weights(new)
    shutil.rmtree(better.folder / "data" / "analyze")
    (better.folder / "params.yaml").write_text("broken")

    assert weights(champion_folder(better.folder)) == own
    before = weights(old)
    shutil.rmtree(old)
    assert "made again from commit" in better.call("convoy", "rollback", "v1.0.0")
    assert weights(champion_folder(better.folder)) == before


def test_only_one_of_promotions_at_the_same_time_gets_through(better):
    running = [
        subprocess.Popen(
            ["convoy", "promote"], cwd=better.folder, env=better.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for _ in range(4)
    ]  # fmt: skip
    told = [process.communicate()[0] for process in running]

    codes = sorted(process.returncode for process in running)
    assert codes[0] == 0, told
    assert set(codes[1:]) <= {1, 75}, told
    assert [known.version for known in read_registry(better.folder).versions] == ["v1.0.0", "v2.0.0"]
    assert weights(champion_folder(better.folder)) == weights(better.folder / "data")
    assert champion_of_gto(better) == "v2.0.0"
    assert better.call("git", "tag", "--list", "*#champion#*").split() == [
        "model#champion#1",
        "model#champion#2",
    ]


def test_rollbacks_at_the_same_time_leave_one_champion_whole_and_tagged(better):
    better.call("convoy", "promote")
    running = [
        subprocess.Popen(
            ["convoy", "rollback", version],
            cwd=better.folder,
            env=better.environment,
            stdout=subprocess.DEVNULL,
        )
        for version in ("v1.0.0", "v2.0.0", "v1.0.0", "v2.0.0")
    ]

    assert [process.wait() for process in running] == [0, 0, 0, 0]
    registry = read_registry(better.folder)
    assert champion_folder(better.folder).name == registry.champion
    assert champion_of_gto(better) == registry.champion
    assert len(registry.versions) == 2


@pytest.mark.parametrize("moment", ["as it begins", "once it has committed", "while the bundle is built"])
def test_a_killed_promotion_leaves_champion_and_branch_and_the_next_one_gets_through(better, moment):
    before, champion, tags = (
        theirs(better),
        weights(champion_folder(better.folder)),
        better.call("git", "tag"),
    )
    commit = better.call("git", "rev-parse", "convoy/model")
    building = better.folder / ".convoy" / "registry" / ".tmp"
    process = subprocess.Popen(
        ["convoy", "promote"], cwd=better.folder, env=better.environment, stdout=subprocess.DEVNULL
    )
    began = time.monotonic()
    while process.poll() is None and time.monotonic() < began + 60:
        if moment == "as it begins" and time.monotonic() > began + 0.8:
            break
        ref = better.folder / ".git" / "refs" / "heads" / "convoy" / "model"
        if moment == "once it has committed" and ref.read_text() != commit:
            break
        if moment == "while the bundle is built" and list(building.glob("v2.0.0.*/*")):
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)

    assert process.wait() == -signal.SIGKILL
    assert theirs(better) == before
    assert weights(champion_folder(better.folder)) == champion
    assert better.call("git", "tag") == tags
    assert better.call("convoy", "promote").startswith("v2.0.0 is the champion")
    assert not list(building.glob("*"))
    assert champion_of_gto(better) == "v2.0.0"
