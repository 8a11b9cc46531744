"""What a new user does with the default project."""

import pytest

from pipeline.stages.run import STAGES

pytestmark = pytest.mark.e2e


def test_a_run_ends_with_the_metrics_beside_the_baselines_and_the_report(ran):
    last = ran.printed.splitlines()[-12:]

    assert any("logistic" in line for line in last)
    assert any("majority" in line for line in last)
    assert any(line.split()[-1].endswith("report.html") for line in last if line)


def test_every_stage_has_left_a_complete_folder(ran):
    assert set(ran.manifests()) == set(STAGES)


def test_dvc_alone_gives_the_same_bytes_as_the_flow(fresh, ran, tmp_path):
    by_dvc = fresh.copy(tmp_path / "by_dvc")
    by_dvc.call("dvc", "repro", "--quiet")

    assert by_dvc.manifests() == ran.manifests()


def test_nothing_runs_when_nothing_has_changed(again):
    before = (again.folder / "dvc.lock").read_text()

    printed = again.call("convoy", "run")
    by_dvc = again.call("dvc", "repro")

    assert printed.count("up to date") == len(STAGES)
    assert "Data and pipelines are up to date" in by_dvc
    assert (again.folder / "dvc.lock").read_text() == before


def test_importing_everything_makes_nothing_stale(again):
    again.call(
        "python",
        "-c",
        "import pipeline.config, pipeline.stages.analyze, pipeline.stages.validate, flows.cli.main",
    )
    again.call("python", "-m", "compileall", "-q", "pipeline", "flows")

    assert "up to date" in again.call("dvc", "status")


def test_a_setting_reruns_only_what_obeys_it(again):
    printed = again.call("convoy", "run", "-S", "evaluation.resamples=200")

    assert printed.count("up to date") == len(STAGES) - 1


def test_a_wrong_setting_ends_before_anything_starts(again):
    printed = again.call("convoy", "run", "-S", "training.epoch=3", code=2)

    assert (
        printed.strip()
        == "error: params.yaml: training.epoch is not a setting; did you mean training.epochs?"
    )


def test_a_gate_that_does_not_hold_stops_before_training(again):
    suite = again.folder / "quality.yaml"
    suite.write_text(suite.read_text().replace("1797", "5000"))

    printed = again.call("convoy", "run", code=4)

    assert "rows" in printed
    assert "Traceback" not in printed
    assert "extract" not in printed.split("stage", 1)[0]
    assert list(again.folder.glob("reports/*/**/index.html"))


def test_a_misspelt_rule_is_told_before_anything_starts(again):
    suite = again.folder / "quality.yaml"
    suite.write_text(suite.read_text().replace("rule: rows", "rule: rowz", 1))

    printed = again.call("convoy", "run", code=2)

    assert "did you mean rows?" in printed
    assert "ingest" not in printed


def test_a_source_that_dvc_does_not_watch_is_refused(again):
    (again.folder / "t.csv").write_text("a,b\n1,2\n")
    change = [
        "sources.kind=csv",
        "sources.path=t.csv",
        "preprocessing.kind=windows",
        "preprocessing.split.kind=time",
    ]

    printed = again.call(
        "convoy",
        "run",
        *(
            word
            for setting in [*change, "extraction.kind=conv1d", "heads.kind=forecast"]
            for word in ("-S", setting)
        ),
        code=2,
    )

    assert "sources.path=t.csv is not among the deps of ingest in dvc.yaml" in printed
