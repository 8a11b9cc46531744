"""The history of drift only grows by whole lines, whoever writes at once, and whatever stands in it already."""

import json
import subprocess
import sys

import pytest

from flows.watching.heard import heard
from flows.watching.history import FILE, FOLDER, MOST, Entry, append, entries
from flows.watching.page import page_html


def entry(name="new.csv", **more):
    return Entry(
        kind="predict", model="v1.0.0", data="abc", name=name, rows=100, drift=False, tests=3, **more
    )


WRITE = """
import pathlib, sys
from flows.watching.history import Entry, append
for number in range(25):
    name = f"{sys.argv[2]}-{number}"
    entry = Entry(kind="predict", model="v1.0.0", data="abc", name=name, rows=100, drift=False, tests=3)
    append(pathlib.Path(sys.argv[1]), entry)
"""


def test_processes_that_write_at_once_lose_nothing(tmp_path):
    commands = [[sys.executable, "-c", WRITE, str(tmp_path), str(worker)] for worker in range(3)]
    writers = [subprocess.Popen(command) for command in commands]

    assert [writer.wait() for writer in writers] == [0, 0, 0]

    assert sorted(each.name for each in entries(tmp_path)) == sorted(
        f"{worker}-{number}" for worker in range(3) for number in range(25)
    )


@pytest.mark.parametrize(
    "damage", ['{"time": "2026', "\x00\x00\n", "null\n[1]\n{}\n", "[" * 5000 + "\n", "\udcff"]
)
def test_a_line_that_a_crash_cut_costs_that_line_and_no_other(tmp_path, damage):
    append(tmp_path, entry("before"))
    with (tmp_path / FOLDER / FILE).open("ab") as file:
        file.write(damage.encode("utf-8", "surrogateescape"))

    append(tmp_path, entry("after"))

    assert [each.name for each in entries(tmp_path)] == ["before", "after"]


def test_what_is_older_than_the_last_thousand_goes(tmp_path):
    append(tmp_path, entry())
    path = tmp_path / FOLDER / FILE
    path.write_text(path.read_text() * (2 * MOST))

    append(tmp_path, entry("last"))

    known = entries(tmp_path)
    assert len(known) == MOST
    assert known[-1].name == "last"


def test_a_project_that_compared_nothing_has_no_history(tmp_path):
    assert entries(tmp_path) == []
    assert "Nothing has been compared yet" in page_html("empty", [])


def test_a_later_version_may_write_more(tmp_path):
    append(tmp_path, entry())
    path = tmp_path / FOLDER / FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | {"colour": "red"}) + "\n")

    assert len(entries(tmp_path)) == 1


def test_the_page_shows_every_comparison_and_no_name_can_break_it():
    known = [
        entry("<script>alert(1)</script>", distance=0.2, p_value=0.5),
        entry(
            "bad.csv", distance=1.0, metric="accuracy", score=0.5, low=0.7, high=0.9, worse=True, told=True
        ),
        entry("large.csv", distance=0.1, metric="mean absolute error", score=400.0, low=100.0, high=300.0),
    ]

    page = page_html('a "project" & more', known)

    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert page.count("<circle") == 5  # three distances, two scores
    assert "told as an event" in page
    assert "The last one, of 20" in page


def test_where_the_history_cannot_be_written_that_is_told_and_nothing_fails(tmp_path, monkeypatch, caplog):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    (tmp_path / ".convoy").mkdir()
    (tmp_path / FOLDER).write_text("a file where the folder should be")

    assert heard(tmp_path, entry(), "no drift").name == "new.csv"
    assert "the history of drift could not be written" in caplog.text
