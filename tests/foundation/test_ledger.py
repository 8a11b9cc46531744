"""Lines that several processes add to one file are whole, and stay so many."""

import subprocess
import sys

from pipeline.foundation.ledger import append_line, lines_of

CALL = """
import sys
from pathlib import Path
from pipeline.foundation.ledger import append_line
for number in range(100):
    append_line(Path(sys.argv[1]), f"{sys.argv[2]} {number} " + "x" * 500, most=150)
"""


def test_no_line_of_several_writers_is_lost_or_mixed(tmp_path):
    path = tmp_path / "lines" / "all.jsonl"
    writers = [subprocess.Popen([sys.executable, "-c", CALL, str(path), name]) for name in ("a", "b", "c")]

    assert [writer.wait() for writer in writers] == [0, 0, 0]

    found = [line.split() for line in lines_of(path)]
    assert len(found) == 300
    assert {(name, int(number)) for name, number, _ in found} == {(n, i) for n in "abc" for i in range(100)}
    assert {tail for *_, tail in found} == {"x" * 500}


def test_the_oldest_lines_go_and_a_text_with_other_breaks_is_one_line(tmp_path):
    path = tmp_path / "all.jsonl"
    for number in range(7):
        append_line(path, f"{number}\u2028\x0bend", most=3)

    assert lines_of(path) == [f"{number}\u2028\x0bend" for number in (4, 5, 6)]
    assert lines_of(tmp_path / "none") == []


def test_a_line_that_a_crash_cut_does_not_swallow_the_next_one(tmp_path):
    path = tmp_path / "all.jsonl"
    path.write_text("whole\ncu")

    append_line(path, "next", most=9)

    assert lines_of(path) == ["whole", "cu", "next"]
