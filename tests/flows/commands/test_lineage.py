"""``convoy lineage`` in a shell: a file that somebody else wrote forges no line and does nothing to a terminal."""

import json
import subprocess
import sys

import pytest

from flows.registry.chain import Origin, _source
from pipeline.registry.bundle import PARAMS

FORGED = "m\n✓  model  v1.0.0 cnn-lstm  every file is the one of its manifest\x1b]0;pwn\x07"
STORY = {
    "model": {"version": "v1.0.0", "model": FORGED},
    "model_manifest": "0" * 64,
    "input": {"name": "\x1b[2Jnew.csv", "sha256": None},
    "scored": 2,
    "unscored": 0,
}


def lineage(folder, text):
    """Call ``convoy lineage`` for a CSV beside which this text stands."""
    (folder / "out.csv").write_text("a\n1\n")
    (folder / "out.csv.lineage.json").write_text(text)
    call = [sys.executable, "-c", "from flows.cli.main import main; main()", "lineage", "out.csv"]
    return subprocess.run(call, cwd=folder, capture_output=True, text=True, check=False)


def test_names_in_a_lineage_forge_no_line_and_do_nothing_to_a_terminal(tmp_path):
    done = lineage(tmp_path, json.dumps(STORY))

    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["predictions", "input", "model"]
    assert not any(line.startswith("✓") for line in done.stdout.splitlines())
    assert not {"\x1b", "\a"} & set(done.stdout)


@pytest.mark.parametrize("text", ["[]", '{"model": 3}', "[" * 100_000], ids=["list", "number", "deep"])
def test_a_lineage_that_is_none_is_one_sentence(tmp_path, text):
    done = lineage(tmp_path, text)

    assert done.returncode == 3
    assert "does not say where it came from" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "settings",
    [
        "flow: {new_data: 'https://token@host/live.csv?sig=geheim', new_query: null}",
        "sources: {kind: csv, path: 'https://token@host/live.csv?sig=geheim'}",
    ],
)
def test_the_source_of_a_model_is_shown_without_user_and_query(tmp_path, settings):
    (tmp_path / PARAMS).write_text(settings)

    assert _source(Origin(tmp_path, tmp_path, lock=None)).what == "https://host/live.csv"
