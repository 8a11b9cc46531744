import pytest

from pipeline.quality.verdict import shown, stop_message

WHERE = {"quarantine": "reports/x/quarantine.parquet", "docs": "reports/x/data_docs/index.html"}


@pytest.fixture
def message(judged, series):
    """Return a function that judges a broken table by a suite and returns what the run says."""

    def tell(suite, *, limit=1.0, frame=None):
        default = series(oil=[1.0, 99.0, float("inf"), 98.0, 97.0, 2.0])
        return stop_message(judged(suite, default if frame is None else frame, limit=limit).verdict, **WHERE)

    return tell


def test_a_stop_names_rule_column_rows_examples_and_where_to_look(message):
    text = message("rows:\n  - {rule: between, columns: oil, min: 0, max: 50, on_fail: stop}\n")

    lines = text.splitlines()
    assert lines[0] == "quality.yaml does not hold for 6 rows of data/ingest/table.parquet:"
    assert lines[1] == (
        "rows.between (quality.yaml:2): 4 rows where oil is not 0 to 50, "
        "such as meters.csv:3 (oil 99), meters.csv:4 (oil inf), meters.csv:5 (oil 98)"
    )
    assert lines[2] == "set aside: reports/x/quarantine.parquet; every rule: reports/x/data_docs/index.html"


def test_too_many_rows_set_aside_name_the_setting_and_the_rule(message):
    text = message("rows:\n  - {rule: finite, columns: oil}\n", limit=0.05)

    assert "1 row (16.7%) had to be set aside, and quality.max_quarantined=0.05 allows 5.0%" in text
    assert "finite (quality.yaml:2) on oil in 1 row, such as meters.csv:4 (oil inf)" in text


def test_a_figure_that_stops_the_run_says_what_was_observed(message):
    text = message("profile:\n  - {rule: rows, min: 10}\n  - {rule: infinite, columns: channels, max: 0}\n")

    assert "profile.rows (quality.yaml:2): 6; wanted at least 10" in text
    assert "profile.infinite (quality.yaml:3): oil 1; wanted at most 0" in text


@pytest.mark.parametrize("rules", [1, 3, 4, 12])
def test_the_message_has_at_most_five_lines_however_many_rules_break(message, rules: int):
    suite = "profile:\n" + "".join(f"  - {{rule: rows, min: {100 + n}}}\n" for n in range(rules))

    lines = message(suite).splitlines()

    assert len(lines) <= 5
    if rules > 3:
        assert lines[3] == f"… and {rules - 2} more"


def test_no_row_left_is_said(message, series):
    frame = series(oil=[None, None])

    assert "no row is left after setting 2 aside" in message(
        "rows:\n  - {rule: not_null, columns: oil}\n", frame=frame
    )


def test_cells_cannot_write_to_the_terminal_or_break_the_line():
    assert shown("a\x1b[31mred\nnext") == "a\N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER}next"
    assert len(shown("x" * 500)) == 60
