"""Data behind a URL: fetched by the first stage, kept, and fetched again when that is asked for."""

import functools
import http.server
import subprocess
import threading

import pytest

from flows.commands.init import make_project
from flows.programs.environment import child_environment
from pipeline.proposal.choice import Wishes
from tests.flows.conftest import CONVOY

pytestmark = pytest.mark.e2e


@pytest.fixture
def place(tmp_path):
    """A folder, and the URL at which a server shows it."""
    folder = tmp_path / "shown"
    folder.mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def write_table(folder, rows):
    lines = [f"{row % 7},{row % 5},{'good' if row % 3 else 'worn'}" for row in range(rows)]
    (folder / "parts.csv").write_text("\n".join(["height,width,state", *lines]) + "\n")


def call(project, *words):
    return subprocess.run([CONVOY, *words], cwd=project, capture_output=True, text=True, check=False)


def test_a_table_behind_a_url_is_fetched_once_and_again_only_when_that_is_asked_for(place, tmp_path):
    folder, url = place
    write_table(folder, 300)
    told = make_project(tmp_path / "project", f"{url}/parts.csv", Wishes(target="state"))

    first = call(tmp_path / "project", "stage", "ingest")
    write_table(folder, 400)
    second = call(tmp_path / "project", "stage", "ingest")
    third = subprocess.run(
        [CONVOY.parent / "dvc", "repro", "--force", "ingest"],
        cwd=tmp_path / "project", env=child_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert "fetched once and kept; `convoy run --force` fetches it again" in told
    assert first.returncode == 0, first.stderr
    assert "up to date" in second.stdout
    assert "400 rows" in third.stdout, third.stdout + third.stderr


def test_a_url_at_which_nothing_lies_is_told_in_a_sentence(place, tmp_path):
    folder, url = place
    write_table(folder, 300)
    make_project(tmp_path / "project", f"{url}/parts.csv", Wishes(target="state"))
    (folder / "parts.csv").unlink()

    ended = call(tmp_path / "project", "stage", "ingest")

    assert ended.returncode != 0
    assert len(ended.stderr.splitlines()) == 1
    assert f"{url}/parts.csv" in ended.stderr
