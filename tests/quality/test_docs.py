import re
from html.parser import HTMLParser

import pytest

from pipeline.quality.docs import docs_page
from pipeline.quality.profile import Profile
from pipeline.quality.reference import as_reference

SCRIPT = "<script>alert('x')</script>"
IMAGE = '"><img src=x onerror=alert(1)>'


class Tags(HTMLParser):
    """Which elements and attributes a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes += attrs


@pytest.fixture
def hostile(judged, series) -> str:
    """Return the page about a table whose every text is an attack: cells, classes, columns, origins."""
    frame = series(
        target=[SCRIPT, IMAGE, "good"], **{SCRIPT: [float("inf"), 1.0, 2.0], "oil": [1.0, 2.0, 3.0]}
    )
    frame = frame.with_columns(origin=frame["origin"] + SCRIPT, group=frame["target"])
    suite = f"""
schema: {{columns: {{oil: Int64}}, more_columns: refuse, on_fail: warn}}
profile:
  - {{rule: class_rows, min: 5}}
  - {{rule: classes_present, names: ["{SCRIPT}b"]}}
rows:
  - {{rule: finite, columns: channels}}
  - {{rule: one_of, columns: target, values: [good]}}
"""
    return docs_page(judged(suite, frame).verdict)


def test_what_users_data_contain_never_comes_alive(hostile: str):
    tags = Tags(hostile)

    assert "alert" in hostile  # the attack is shown, as text
    assert tags.names.isdisjoint({"script", "img", "iframe", "object", "embed"})
    assert not [name for name, _ in tags.attributes if name.startswith("on")]


def test_the_page_needs_no_network(hostile: str):
    addresses = [value for name, value in Tags(hostile).attributes if name in ("src", "href", "action")]

    assert addresses == []
    assert not re.search(r"url\(|@import|https?://", hostile)
    assert "default-src 'none'" in hostile


def test_the_page_shows_every_rule_every_column_and_examples(judged, series):
    frame = series(oil=[1.0, float("inf")], gas=[1.0, 2.0], target=["on", "off"])
    text = "profile:\n  - {rule: rows, min: 1}\nrows:\n  - {rule: finite, columns: oil}\n"

    page = docs_page(judged(text, frame, limit=0.5).verdict)

    for piece in ("quality.yaml:2", "quality.yaml:4", "meters.csv:3", "expect_column_values_to_be_between",
                  "The table may be used.", "set aside", ">gas<", ">off<"):  # fmt: skip
        assert piece in page


def test_a_broken_suite_says_so_on_top(judged, series):
    page = docs_page(judged("profile:\n  - {rule: rows, min: 9}\n", series(oil=[1.0])).verdict)

    assert "The run was stopped before anything was trained." in page


def test_equal_verdicts_give_equal_pages(judged, series):
    text = "profile:\n  - {rule: mean, columns: oil, min: 0}\n"

    assert len({docs_page(judged(text, series(oil=[0.1, 0.2, 0.3])).verdict) for _ in range(2)}) == 1


def test_the_page_says_what_the_data_were_compared_with(judged, series):
    frame = series(oil=[float(n) for n in range(300)])
    accepted = as_reference(Profile(**judged("profile: []\n", frame).verdict.profile))

    page = docs_page(judged("profile: []\n", frame.head(250), reference=accepted).verdict)

    for piece in (
        "Those were 300 rows, 2024-01-01 to 2024-01-13.",
        "rows_ratio",
        "250 rows now, 300 then",
        "lost_days",
    ):
        assert piece in page
