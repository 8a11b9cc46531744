"""The page says what was claimed, what was measured, and whether the one reaches the other."""

import json

import pytest

from pipeline.comparison.board import Board, Line
from pipeline.evaluation.verdict import Verdict
from pipeline.recipes.page import does_claim_hold, results_page
from pipeline.recipes.read import read_recipe
from pipeline.recipes.row import Row, read_rows, write_row


def line(name, role, score, bounds, **more):
    return Line(
        name=name, role=role, about="", scores={"accuracy": score}, intervals={"accuracy": bounds}, **more
    )


def row(score, bounds):
    verdict = Verdict(outcome="loses", headline="own loses", evidence="by much", rival="trees")
    lines = (
        line("trees", "rival", 0.95, (0.9, 0.97), train_seconds=0.0001),
        line("own", "model", score, bounds, behind=0.95 - score, behind_interval=(0.01, 0.2)),
        line("majority", "floor", 0.3, (0.2, 0.4)),
    )
    board = Board(
        about="", head="classify", metric="accuracy", better="max", verdict=verdict, chosen="own",
        chosen_by="val accuracy", how="samples", shortage=None, seeds=1, lines=lines, left_out={"lstm": "a|b"},
    )  # fmt: skip
    counts = {"test": 20, "train": 60, "val": 10}
    return Row(
        recipe="baduanjin-cnn-lstm", protocol="paper", budget="small", counts=counts, split="stratified",
        audit={"leak": 2}, machine="two cores", board=board,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("score", "bounds", "held"),
    [
        (0.97, (0.95, 0.99), "reached"),
        (0.95, (0.9, 0.98), "within noise"),
        (0.8, (0.7, 0.9), "not reached"),
    ],
)
def test_a_claim_is_reached_within_noise_or_not(score, bounds, held):
    recipe = read_recipe("baduanjin-cnn-lstm")  # claims 0.9643

    assert does_claim_hold(recipe, row(score, bounds)) == held


def test_the_page_has_every_recipe_that_was_run_and_names_those_that_were_not():
    recipes = [read_recipe(name) for name in ("baduanjin-cnn-lstm", "saclstm")]

    page = results_page(recipes, [row(0.8, (0.7, 0.9))], "As measured.")

    assert "Not run yet: saclstm." in page
    assert "60 train, 10 val, 20 test" in page
    assert "the audit finds 2 leaks" in page
    assert "| 0.800 (0.700 to 0.900) (not reached) |" in page
    assert "< 0.01 s" in page
    assert all(text.count("|") == 8 for text in page.splitlines() if text.startswith(("| trees", "| **own")))


def test_metrics_beside_the_one_that_decides_have_a_column_and_the_claimed_one_stands_in_the_summary():
    measured = row(0.8, (0.7, 0.9)).model_copy(update={"recipe": "tweeteval-emotion", "protocol": "safe"})
    lines = [
        each.model_copy(
            update={
                "scores": each.scores | {"macro_f1": 0.5},
                "intervals": each.intervals | {"macro_f1": (0.4, 0.6)},
            }
        )
        for each in measured.board.lines
    ]
    measured = measured.model_copy(update={"board": measured.board.model_copy(update={"lines": lines})})

    page = results_page([read_recipe("tweeteval-emotion")], [measured], "As measured.")

    assert "| 0.800 (0.700 to 0.900), macro F1 0.500 (0.400 to 0.600) |" in page
    assert "| behind the best by | Macro F1 | parameters |" in page
    own = next(text for text in page.splitlines() if text.startswith("| **own"))
    assert own.count("|") == 9 and "| 0.500 (0.400 to 0.600) |" in own


def test_a_pool_is_told_with_its_folds_and_the_score_of_each():
    measured = row(0.8, (0.7, 0.9))
    lines = [
        each.model_copy(update={"fold_scores": (each.scores["accuracy"] - 0.01, each.scores["accuracy"])})
        for each in measured.board.lines
    ]
    board = measured.board.model_copy(update={"folds": ("jack", "tom"), "lines": lines})

    page = results_page(
        [read_recipe("baduanjin-cnn-lstm")], [measured.model_copy(update={"board": board})], "As measured."
    )

    assert "stratified, 2 folds pooled (jack, tom; train and val are the mean of a fold): 60 train" in page
    assert "| behind the best by | by fold | parameters |" in page
    own = next(text for text in page.splitlines() if text.startswith("| **own"))
    assert "| 0.790 0.800 |" in own and own.count("|") == 9


def test_rows_are_read_as_they_were_written(tmp_path):
    written = row(0.8, (0.7, 0.9))
    write_row(written, tmp_path)
    (tmp_path / "old.json").write_text('{"of": "another version"}')

    assert read_rows(tmp_path) == [written]


def without_lines(story):
    return json.dumps(story | {"board": story["board"] | {"lines": []}}).encode()


def by_no_metric(story):
    return json.dumps(story | {"board": story["board"] | {"metric": "luck"}}).encode()


@pytest.mark.parametrize(
    "spoilt", [without_lines, by_no_metric, lambda story: b"\xff\xfe", lambda story: b"{"]
)
def test_a_row_that_was_edited_into_none_is_passed_over_and_said_so(spoilt, tmp_path):
    write_row(row(0.8, (0.7, 0.9)), tmp_path)
    [path] = tmp_path.glob("*.json")
    path.write_bytes(spoilt(json.loads(path.read_text())))
    told = []

    assert read_rows(tmp_path, told.append) == []

    assert told == [
        f"passed over: {path} is no row of this version; `convoy reproduce baduanjin-cnn-lstm` writes it anew"
    ]
