"""What stands behind a prediction: a project of a user's own file, with git and DVC, and what is changed in it."""

import shutil

import numpy as np
import polars as pl
import pytest

from tests.whole.conftest import Whole

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

QUICK = ["-S", "training.epochs=1", "-S", "extraction.epochs=1", "-S", "evaluation.resamples=100"]
ORDER = ["model", "weights", "features", "split", "table", "rows", "snapshot", "source", "code", "commit"]


@pytest.fixture(scope="module")
def traced(tmp_path_factory) -> Whole:
    """A project with a champion, another model in data/, and predictions of the champion."""
    here = Whole(tmp_path_factory.mktemp("lineage"))
    random = np.random.default_rng(0)
    warmth, wind = random.normal(15, 8, 300), random.gamma(2, 5, 300)
    rain = np.where(wind > 9, "wet", "dry")
    table = pl.DataFrame({"warmth": warmth, "wind": wind, "rain": rain})
    table.write_csv(here.folder / "days.csv")
    here.call("convoy", "init", "days", "--data", "days.csv", "--target", "rain")
    days = Whole(here.folder / "days")
    days.call("convoy", "run", *QUICK)
    days.call("convoy", "promote", "--force", "the first")
    table.head(20).drop("rain").write_csv(days.folder / "new.csv")
    for name in ("new.parquet", "new-answers.csv"):
        days.call("convoy", "predict", "new.csv", "--out", name)
    days.call("convoy", "run", "-S", "training.learning_rate=0.005")
    return days


@pytest.fixture
def days(traced, tmp_path) -> Whole:
    """A copy, to change something in."""
    return traced.copy(tmp_path / "days")


def links(printed):
    """Return link → mark and the rest of its line."""
    lines = [line.split(maxsplit=2) for line in printed.splitlines() if line[:2] in ("✓ ", "✗ ", "– ")]
    return {name: (mark, told) for mark, name, told in lines}


def marks(printed):
    return {name: mark for name, (mark, _) in links(printed).items()}


def raw_file(project):
    return next((project.folder / "data" / "raw").rglob("days.csv"))


@pytest.mark.parametrize("file", ["new.parquet", "new-answers.csv"])
def test_a_file_of_predictions_leads_back_to_the_source(traced, file):
    told = links(traced.call("convoy", "lineage", file))

    assert list(told) == ["predictions", "input", *ORDER]
    assert told["predictions"][1].split() == [file, "20", "scored,", "0", "not"]
    unsure = {name for name, (mark, _) in told.items() if mark != "✓"}
    assert unsure == {"predictions", "source"}
    assert "v1.0.0" in told["model"][1]
    assert "tag model@v1.0.0" in told["commit"][1]
    assert "as in dvc.lock" in told["weights"][1]
    assert "in its place" in told["snapshot"][1]


def test_champion_version_and_folder_are_the_same_chain_and_nothing_means_the_champion(traced):
    folder = traced.folder / ".convoy" / "registry" / "v1.0.0"

    chains = [traced.call("convoy", "lineage", *what) for what in ((), ("champion",), ("v1.0.0",))]

    assert len(set(chains)) == 1
    assert list(links(chains[0])) == ORDER
    alone = marks(traced.call("convoy", "lineage", str(folder)))
    assert alone["model"] == marks(chains[0])["model"]


def test_data_that_were_changed_are_found_in_the_cache_or_missed(days):
    raw = raw_file(days)
    raw.unlink()  # it may be a link into the cache
    raw.write_text("warmth,wind,rain\n1,2,dry\n")

    kept = links(days.call("convoy", "lineage"))
    shutil.rmtree(days.folder / ".dvc" / "cache")
    gone = days.call("convoy", "lineage", code=None)

    assert "in DVC's cache" in kept["snapshot"][1]
    assert marks(gone)["snapshot"] != kept["snapshot"][0]


@pytest.mark.parametrize(
    ("name", "broken"),
    [("analyze/model.safetensors", {"model"}), ("extract/manifest.json", {"model", "features"})],
)
def test_a_file_of_the_model_that_was_changed_breaks_the_chain_there(days, name, broken):
    file = days.folder / ".convoy" / "registry" / "v1.0.0" / name
    file.write_bytes(file.read_bytes() + b" ")

    printed = days.call("convoy", "lineage", "v1.0.0", code=5)

    assert f"the chain is broken at: {', '.join(sorted(broken, key=ORDER.index))}" in printed


def test_a_tag_that_names_another_commit_breaks_it_too(days):
    days.call("git", "tag", "--force", "model@v1.0.0", "HEAD")

    assert "the chain is broken at: commit" in days.call("convoy", "lineage", code=5)


def test_predictions_of_a_model_that_is_not_here_say_so(days):
    days.call("convoy", "predict", "new.csv", "--out", "latest.csv")
    shutil.rmtree(days.folder / ".convoy" / "registry")
    for tag in days.call("git", "tag", "--list").split():
        days.call("git", "tag", "--delete", tag)

    told = links(days.call("convoy", "lineage", "latest.csv"))

    assert "no model here has the manifest" in told["model"][1]


@pytest.mark.parametrize(
    ("what", "code", "sentence"),
    [
        ("new.csv", 3, "does not say where it came from"),
        ("v7.0.0", 2, "there is no version v7.0.0; there are: v1.0.0"),
    ],
)
def test_what_has_no_chain_is_told_in_one_sentence(traced, what, code, sentence):
    printed = traced.call("convoy", "lineage", what, code=code)

    assert sentence in printed
    assert "Traceback" not in printed
