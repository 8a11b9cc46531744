"""Every public data set goes from raw files to a judged small model with the few settings of its catalogue entry."""

import json

import pytest

from pipeline.params import params_text, read_config
from pipeline.proposal.choice import Wishes
from pipeline.proposal.propose import propose
from pipeline.proposal.settings import merged, settings_tree
from pipeline.quality.propose import propose_suite
from pipeline.sources.catalogue.entry import entries
from pipeline.sources.catalogue.fetch import fetch
from pipeline.stages.run import STAGES, run

pytestmark = pytest.mark.real

BRIEF = [
    "training.epochs=1", "training.batch_size=256", "extraction.epochs=0", "evaluation.resamples=50",
    "baselines.max_rows=2000",
]  # fmt: skip
SHORTER = {
    "text": ["preprocessing.longest=32"],
    "series": ["preprocessing.stride=8"],
    "clips": ["preprocessing.frames=4"],
    "mitbih_100": ["preprocessing.split.val=0.02", "preprocessing.split.test=0.02"],
}
"""Per data set or kind of table: what makes a pass over it quick; val and test have a window at every step."""

LEARNABLE = [entry.name for entry in entries() if entry.settings]


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", LEARNABLE)
def test_from_raw_files_to_a_judged_model(name, data, tmp_path, monkeypatch):
    if not (data / name).exists():
        pytest.skip(f"the data set {name} is not in the folder of public data sets")
    monkeypatch.setenv("CONVOY_DATA_MIRROR", str(data.resolve()))
    place = fetch(name, tmp_path / "raw")
    entry = next(entry for entry in entries() if entry.name == name)
    brief = settings_tree(BRIEF)

    proposal = propose(str(place), Wishes(settings=merged(entry.tree, brief)))
    kind = proposal.table.kind
    kept = proposal.config.preprocessing.kind == "whole" or "preprocessing.stride" in entry.settings
    shorter = SHORTER.get(name) or ([] if kept else SHORTER.get(kind, []))
    project = tmp_path / "project"
    project.mkdir()
    (project / "params.yaml").write_text(params_text(proposal.config))
    (project / "quality.yaml").write_text(propose_suite(proposal.table))
    config = read_config(project / "params.yaml", shorter)
    for stage in STAGES:
        run(stage, config, project)

    audit = json.loads((project / "data" / "preprocess" / "audit.json").read_text())
    metrics = json.loads((project / "data" / "evaluate" / "metrics.json").read_text())
    assert audit["findings"]
    assert any(key.startswith("test/") for key in metrics)
    assert "<h1" in (project / "data" / "evaluate" / "report.html").read_text()
