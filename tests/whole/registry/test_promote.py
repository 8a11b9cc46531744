"""Champion and challenger, from a shell: real git repositories and DVC's cache."""

import json
import shutil
import sys

import polars as pl
import pytest

from pipeline.registry.champion import champion_folder, read_registry
from pipeline.stages.answers import answers_to
from tests.whole.conftest import Whole
from tests.whole.registry.conftest import champion_of_gto, theirs, weights

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


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
