"""What DVC's own commands say about the project."""

import shutil

import pytest

from tests.whole.conftest import Whole

pytestmark = pytest.mark.e2e


def test_metrics_params_and_plots_can_be_compared(again):
    again.call("convoy", "run", "-S", "evaluation.confidence=0.5", "-S", "evaluation.resamples=100")

    assert "test/accuracy" in again.call("dvc", "metrics", "show")
    assert "test/accuracy_low" in again.call("dvc", "metrics", "diff")
    assert "evaluation.confidence" in again.call("dvc", "params", "diff")
    assert "index.html" in again.call("dvc", "plots", "show")
    assert list((again.folder / "dvc_plots").rglob("*models.png"))


def test_an_experiment_runs_and_is_listed_beside_the_workspace(again):
    again.call("dvc", "exp", "run", "--quiet", "--name", "wide", "-S", "evaluation.confidence=0.5")

    shown = again.call("dvc", "exp", "show", "--csv")

    assert "wide" in shown
    assert "test/accuracy" in shown


def test_elsewhere_a_pull_is_enough(again, tmp_path):
    again.call("dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))
    again.commit("With a remote")
    again.call("dvc", "push", "--quiet")
    again.call("git", "clone", "--quiet", str(again.folder), str(tmp_path / "clone"))
    clone = Whole(tmp_path / "clone")

    clone.call("dvc", "pull", "--quiet")
    clone.call("python", "-m", "compileall", "-q", "pipeline", "flows")

    assert "Data and pipelines are up to date" in clone.call("dvc", "repro")
    assert clone.manifests() == again.manifests()


def test_old_results_come_back_from_the_cache(again):
    before = again.manifests()
    again.call("convoy", "run", "-S", "evaluation.resamples=100")
    assert again.manifests() != before

    again.call("git", "checkout", "--quiet", ".")
    shutil.rmtree(again.folder / "data" / "evaluate")
    again.call("dvc", "checkout", "--quiet")

    assert again.manifests() == before
