"""A text table without a header is told by its first line, and gets names for its columns."""

import gzip

import pytest

from pipeline.proposal.choice import Wishes
from pipeline.proposal.propose import propose
from pipeline.proposal.settings import settings_tree
from pipeline.sources.build import build_source

RATES = "".join(f"{0.7 + day / 1000:.4f},{1.6 - day / 2000:.4f},{day % 7}.5\n" for day in range(400))
SAID = [("I could not stop laughing all day", "joy"), ("nothing went right for me today", "grief")]
POSTS = "".join(f"{text} number {row}\t{mood}\n" for row in range(60) for text, mood in SAID)


def test_numbers_above_numbers_are_data(tmp_path):
    path = tmp_path / "rates.txt.gz"
    path.write_bytes(gzip.compress(RATES.encode()))

    proposal = propose(path, Wishes(ordered=True))

    assert proposal.config.sources.names == ("column_1", "column_2", "column_3")
    assert proposal.table.frame.height == 400
    told = {choice.setting: choice.reason for choice in proposal.choices}
    assert "no header: the first line (0.7000, 1.6000, 0.5) is data" in told["sources.names"]


def test_a_text_and_a_class_that_comes_again_are_data(tmp_path):
    (tmp_path / "posts.tsv").write_text(POSTS)

    config = propose(tmp_path / "posts.tsv", Wishes(target="column_2")).config

    assert (config.sources.text, config.heads.kind) == ("column_1", "classify")
    assert build_source(config.sources, tmp_path).read().frame.height == 120


@pytest.mark.parametrize(
    ("header", "lines"),
    [
        ("when,heat", [f"2024-01-{day:02},{day}.5" for day in range(1, 29)]),
        ("2001,2002,2003", [f"{row}.1,{row}.2,{row}.3" for row in range(30)]),
        ("text,mood", [f"a sentence of words {row},{'joy' if row % 2 else 'grief'}" for row in range(30)]),
        (",heat", [f"{row},{row}.5" for row in range(30)]),
    ],
)
def test_names_above_values_are_a_header(tmp_path, header, lines):
    (tmp_path / "a.csv").write_text("\n".join([header, *lines]) + "\n")

    target = Wishes(target="mood") if "mood" in header else Wishes(ordered="when" not in header)

    assert propose(tmp_path / "a.csv", target).config.sources.names == ()


def test_names_of_the_user_are_taken_and_none_means_a_header(tmp_path):
    (tmp_path / "rates.csv").write_text(RATES)

    def names(setting):
        wishes = Wishes(ordered=True, settings=settings_tree([setting]))
        return propose(tmp_path / "rates.csv", wishes).config.sources.names

    assert names("sources.names=[a, b, c]") == ("a", "b", "c")
    assert names("sources.names=[]") == ()
