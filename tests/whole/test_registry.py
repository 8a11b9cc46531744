"""Champion and challenger, from a shell: real git repositories, DVC's cache, processes that are killed."""

import io
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from itertools import groupby
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pipeline.registry.champion import champion_folder, read_registry
from pipeline.stages.answers import answers_to
from tests.flows.conftest import wait_until
from tests.flows.endpoint.conftest import start
from tests.whole.conftest import SHORT, Whole

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

WEAK = ["training.epochs=1", "training.batch_size=32", "training.learning_rate=0.002", "extraction.epochs=1"]
"""Better than class shares, and far from a good model."""


def become(whole: Whole, settings: list[str]) -> None:
    """Bring the project up to date with these settings; what was trained before comes from DVC's run cache."""
    program = (
        f"import pathlib, pipeline.params as p; p.override_params(pathlib.Path('params.yaml'), {settings!r})"
    )
    whole.call(sys.executable, "-c", program)
    whole.call("dvc", "repro", "--quiet")


@pytest.fixture(scope="session")
def strong_first(ran, tmp_path_factory) -> Whole:
    """A project whose champion is the model of the first run, and whose challenger is a weak one."""
    whole = ran.copy(tmp_path_factory.mktemp("registry") / "strong")
    whole.call("convoy", "promote")
    become(whole, WEAK)
    return whole


@pytest.fixture(scope="session")
def weak_first(ran, strong_first, tmp_path_factory) -> Whole:
    """The other way round: the champion is weak, and the challenger much better; nothing of it is committed."""
    whole = strong_first.copy(tmp_path_factory.mktemp("registry") / "weak")
    shutil.rmtree(whole.folder / ".convoy" / "registry")
    whole.call("git", "branch", "-D", "convoy/model")
    whole.call("git", "tag", "-d", *whole.call("git", "tag", "--list").split())
    whole.commit("With a weak model")
    whole.printed = whole.call("convoy", "promote")
    become(whole, SHORT)
    return whole


@pytest.fixture
def better(weak_first, tmp_path) -> Whole:
    """A copy in which a better challenger waits."""
    return weak_first.copy(tmp_path / "better")


@pytest.fixture
def worse(strong_first, tmp_path) -> Whole:
    """A copy in which a worse challenger waits."""
    return strong_first.copy(tmp_path / "worse")


def weights(folder: Path) -> bytes:
    return (folder / "analyze" / "model.safetensors").read_bytes()


def theirs(whole: Whole) -> tuple[object, ...]:
    """Return all that is the user's: HEAD, branch, the index byte by byte, and every file outside .convoy."""
    listed = whole.call("git", "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    files = {name: (whole.folder / name).read_bytes() for name in listed if (whole.folder / name).is_file()}
    head = whole.call("git", "rev-parse", "HEAD"), whole.call("git", "symbolic-ref", "HEAD")
    return head, (whole.folder / ".git" / "index").read_bytes(), files, whole.manifests()


def champion_of_gto(whole: Whole) -> str:
    return json.loads(whole.call("gto", "show", "--json"))["model"]["stage"]["champion"]


def test_a_worse_challenger_stays_one_and_blessing_json_says_why(worse):
    before = theirs(worse)

    printed = worse.call("convoy", "promote", code=1)

    blessing = json.loads((worse.folder / ".convoy" / "registry" / "blessing.json").read_text())
    assert printed.startswith("not promoted: accuracy ")
    assert blessing["reason"] in printed
    assert blessing["pair"]["lead"]["interval"][1] < 0
    assert theirs(worse) == before
    assert read_registry(worse.folder).champion == "v1.0.0"
    assert "v2.0.0" not in worse.call("git", "tag", "--list")


def test_force_promotes_all_the_same_and_keeps_the_reason_with_the_version(worse):
    refused = worse.call("convoy", "promote", "--force", " ", code=2)
    worse.call("convoy", "promote", "--force", "the sensor was replaced")

    assert "--force needs a reason" in refused
    listed = worse.call("convoy", "models")
    assert "forced (the sensor was replaced): accuracy" in listed
    assert weights(champion_folder(worse.folder)) == weights(worse.folder / "data")


def test_the_first_model_is_promoted_because_it_beats_the_floors(weak_first):
    blessing = json.loads((champion_folder(weak_first.folder) / "blessing.json").read_text())

    assert weak_first.printed.startswith("v1.0.0 is the champion: the first model, and it beats every floor")
    assert (blessing["blessed"], blessing["champion"], blessing["pair"]) == (True, None, None)
    assert [floor["other"] for floor in blessing["floors"]] == ["majority"]
    assert champion_of_gto(weak_first) == "v1.0.0"


def test_the_champion_is_a_folder_of_its_own_without_arrays_of_samples(weak_first):
    bundle = champion_folder(weak_first.folder)
    files = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}

    assert {
        "params.yaml", "quality.yaml", "lineage.json", "blessing.json", "manifest.json", "ingest/report.json",
        "preprocess/meta.json", "extract/extractor.safetensors", "analyze/model.safetensors", "analyze/model.json",
        "validate/verdict.json",
    } <= files  # fmt: skip
    assert not [name for name in files if name.endswith((".npy", "samples.parquet", "table.parquet"))]
    lineage = json.loads((bundle / "lineage.json").read_text())
    assert lineage["version"] == "v1.0.0"
    assert lineage["run"].startswith("20")
    assert lineage["samples"] == 359


def test_a_better_challenger_takes_its_place_and_what_lies_around_stays_as_it_is(better):
    (better.folder / "README.md").write_text("staged")
    better.call("git", "add", "README.md")
    (better.folder / "README.md").write_text("and changed")
    (better.folder / "mine.txt").write_text("new")
    assert " M dvc.lock" in better.call("git", "status", "--short")
    before = theirs(better)

    printed = better.call("convoy", "promote")

    assert theirs(better) == before
    assert printed.startswith("v2.0.0 is the champion: accuracy ")
    assert "above the margin of " in printed
    assert weights(champion_folder(better.folder)) == weights(better.folder / "data")
    assert champion_of_gto(better) == "v2.0.0"


def test_the_tag_gives_the_model_that_was_promoted_although_its_lock_was_never_committed(better, tmp_path):
    better.call("dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))
    better.call("git", "commit", "--quiet", "-m", "With a remote", "--", ".dvc/config")
    better.call("convoy", "promote")
    better.call("dvc", "push", "--quiet")
    better.call("git", "clone", "--quiet", str(better.folder), str(tmp_path / "clone"))

    for flag, value in (("--stage", "champion"), ("--rev", "v2.0.0")):
        out = tmp_path / value
        better.call("dvc", "artifacts", "get", str(tmp_path / "clone"), "model", flag, value, "-o", str(out))
        assert (out / "model.safetensors").read_bytes() == weights(better.folder / "data")

    shown = (
        better.call("git", "show", "v2.0.0:params.yaml", code=None),
        (better.folder / "params.yaml").read_text(),
    )
    tagged = better.call("git", "show", "model@v2.0.0:params.yaml")
    assert tagged == shown[1]


def test_a_clone_knows_the_champion_by_the_tags_and_brings_its_bundle(better, tmp_path):
    better.call("dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))
    better.call("convoy", "promote")
    better.call("dvc", "push", "--quiet")
    better.call("git", "clone", "--quiet", str(better.folder), str(tmp_path / "clone"))
    clone = Whole(tmp_path / "clone")
    clone.call("dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))

    listed = clone.call("convoy", "models")
    clone.call("convoy", "rollback", "v2.0.0")

    assert "▸ v2.0.0" in listed
    assert "  v1.0.0" in listed
    assert weights(champion_folder(clone.folder)) == weights(better.folder / "data")


def test_results_that_are_not_up_to_date_are_not_promoted(better):
    before = theirs(better)
    better.call(
        sys.executable, "-c",
        "import pathlib, pipeline.params as p; p.override_params(pathlib.Path('params.yaml'), ['training.epochs=9'])",
    )  # fmt: skip

    told = better.call("convoy", "promote", code=3)

    assert "analyze, extract are not up to date" in told
    assert theirs(better)[3] == before[3]
    assert read_registry(better.folder).champion == "v1.0.0"


def test_a_promoted_model_is_not_promoted_again_also_not_after_a_rollback(better):
    better.call("convoy", "promote")
    again = better.call("convoy", "promote", code=1)
    better.call("convoy", "rollback")
    after = better.call("convoy", "promote", code=1)

    assert "v2.0.0 is this very model, and the champion already" in again
    assert "v2.0.0 is this very model, and v1.0.0 took its place; `convoy rollback v2.0.0`" in after


def test_rollback_brings_the_one_before_back_without_touching_data_or_branch(better):
    old = weights(champion_folder(better.folder))
    better.call("convoy", "promote")
    before = theirs(better)

    printed = better.call("convoy", "rollback")

    assert theirs(better) == before
    assert "v1.0.0" in printed
    assert "is the champion again, instead of v2.0.0" in printed
    assert weights(champion_folder(better.folder)) == old
    assert champion_of_gto(better) == "v1.0.0"


def test_a_standing_endpoint_answers_with_whom_promote_and_rollback_make_champion_and_misses_no_request(
    better,
):
    picture = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(picture, "PNG")
    endpoint = start(better.folder, "--model", "champion")
    origins, codes, over = [], [], threading.Event()

    def ask():
        while not over.is_set():
            sent = {"content": picture.getvalue(), "headers": {"Content-Type": "image/png"}}
            answer = endpoint.post(**sent)
            codes.append(answer.status_code)
            origins.append(answer.json()["model"]["origin"])

    def answered_by(version):
        wait_until(lambda: origins and origins[-1] == f"the champion {version}", 120)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        answered_by("v1.0.0")
        better.call("convoy", "promote")
        answered_by("v2.0.0")
        better.call("convoy", "rollback")
        answered_by("v1.0.0")
    finally:
        over.set()
        asking.join()
        ended = endpoint.end()

    assert ended == 0
    assert set(codes) == {200}
    assert [origin for origin, _ in groupby(origins)] == [f"the champion v{major}.0.0" for major in (1, 2, 1)]


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


def test_without_git_the_registry_works_without_tags(better):
    shutil.rmtree(better.folder / ".git")
    with (better.folder / ".dvc" / "config").open("a") as file:
        file.write("    no_scm = true\n")
    old = weights(champion_folder(better.folder))

    printed = better.call("convoy", "promote")
    new = weights(champion_folder(better.folder))
    better.call("convoy", "rollback")

    assert "no git keeps this project, so there are no tags" in printed
    assert new == weights(better.folder / "data")
    assert weights(champion_folder(better.folder)) == old


def test_a_plain_run_promotes_nothing_and_one_that_is_asked_to_says_how_it_ended(better):
    plain = better.call("convoy", "run")
    assert read_registry(better.folder).champion == "v1.0.0"

    asked = better.call("convoy", "run", "--promote")

    record = json.loads(sorted((better.folder / ".convoy" / "runs").glob("*/run.json"))[-1].read_text())
    assert "champion" not in plain
    assert "champion v2.0.0 is the champion: accuracy" in asked
    assert record["promotion"].startswith("v2.0.0 is the champion")
    assert record["promotion"] in record["message"]
    assert (better.folder / "reports" / record["run"] / "blessing.json").is_file()
    assert json.loads((champion_folder(better.folder) / "lineage.json").read_text())["run"] == record["run"]
    assert read_registry(better.folder).champion == "v2.0.0"


def test_a_champion_that_is_let_answer_its_own_test_rows_answers_as_when_it_was_trained(strong_first):
    bundle = champion_folder(strong_first.folder)
    stored = pl.read_parquet(bundle / "analyze" / "predictions.parquet")
    table = strong_first.folder / "data" / "validate" / "table.parquet"

    answers = answers_to(bundle, table, stored.select("sample_id", "group", "time"))

    assert answers.select(stored.columns).equals(stored)
