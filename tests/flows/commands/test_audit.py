"""`convoy audit`: of two files, and of the last run."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from flows.cli.main import app
from pipeline.foundation.files import write_json
from pipeline.foundation.folder import stage_folder

ROOT = Path(__file__).parents[3]
REVIEWS = [
    f"The {noun} in this film was {how}, and {who} went home {mood}"
    for noun in ("plot", "music", "cast", "light", "ending")
    for how in ("splendid", "dreadful", "forgettable")
    for who in ("my sister", "the whole village", "nobody I know")
    for mood in ("singing", "crying")
]


def convoy(*arguments):
    return CliRunner().invoke(app, ["audit", *map(str, arguments)])


def table(path, rows, seed=0):
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame({
        "age": rng.integers(20, 90, rows), "pressure": rng.normal(120, 15, rows).round(3),
        "sugar": rng.normal(5, 1, rows).round(3), "ill": rng.choice(["yes", "no"], rows),
        "ward": [f"w{rng.integers(4)}" for _ in range(rows)],
    })  # fmt: skip
    frame.write_csv(path)
    return frame


def test_two_clean_tables_end_with_zero(tmp_path):
    table(tmp_path / "train.csv", 300, 0)
    table(tmp_path / "test.csv", 100, 1)

    result = convoy(tmp_path / "train.csv", tmp_path / "test.csv", "--target", "ill")

    assert result.exit_code == 0, result.output
    assert "Leakage audit of train.csv (300 train) and test.csv (100 test)" in result.output
    assert "Looked for and not found: exact duplicates across parts" in result.output


def test_rows_in_both_files_end_with_four_and_their_lines(tmp_path):
    frame = table(tmp_path / "train.csv", 300, 0)
    pl.concat([pl.read_csv(tmp_path / "train.csv")[5:8], table(tmp_path / "test.csv", 100, 1)]).write_csv(
        tmp_path / "test.csv"
    )

    result = convoy(tmp_path / "train.csv", tmp_path / "test.csv", "--target", "ill")

    assert result.exit_code == 4
    assert "3 of 103 test samples are the same as one that trains" in " ".join(result.output.split())
    assert "test.csv:2 (test) = train.csv:7 (train)" in result.output
    assert max(map(len, result.output.splitlines())) <= 100
    assert frame.height == 300


def test_a_file_that_is_wholly_copied_is_a_leak(tmp_path):
    table(tmp_path / "train.csv", 300, 0)
    table(tmp_path / "test.csv", 300, 0)

    told = convoy(tmp_path / "train.csv", tmp_path / "test.csv")

    assert told.exit_code == 4
    assert "300 of 300" in told.output


def test_a_group_in_both_files_is_a_leak(tmp_path):
    table(tmp_path / "train.csv", 300, 0)
    table(tmp_path / "test.csv", 100, 1)

    result = convoy(
        tmp_path / "train.csv", tmp_path / "test.csv", "--target", "ill", "--group", "ward", "--json"
    )

    told = {finding["check"]: finding for finding in json.loads(result.output)["findings"]}
    assert result.exit_code == 4
    assert (told["groups on both sides"]["count"], told["groups on both sides"]["of"]) == (4, 4)


def test_texts_are_compared_as_texts(tmp_path):
    lines = pl.DataFrame({"text": REVIEWS, "mood": ["good", "bad"] * 45})
    lines[:60].write_csv(tmp_path / "train.csv")
    copied = lines[:1].with_columns(pl.col("text").str.to_uppercase() + "!!!")
    pl.concat([lines[60:], copied]).write_csv(tmp_path / "test.csv")

    result = convoy(tmp_path / "train.csv", tmp_path / "test.csv", "--target", "mood")

    assert result.exit_code == 4
    assert "LEAK: near duplicates across parts" in result.output
    assert "test.csv:32 (test) = train.csv:2 (train)" in result.output


def test_a_test_file_without_answers_is_audited_too(tmp_path):
    table(tmp_path / "train.csv", 300, 0)
    table(tmp_path / "test.csv", 100, 1).drop("ill").write_csv(tmp_path / "test.csv")

    result = convoy(tmp_path / "train.csv", tmp_path / "test.csv", "--target", "ill")

    assert result.exit_code == 0, result.output
    assert "exact duplicates across parts" in result.output


def test_texts_without_answers_are_compared_as_texts(tmp_path):
    lines = pl.DataFrame({"text": REVIEWS, "mood": ["good", "bad"] * 45})
    lines[:60].write_csv(tmp_path / "train.csv")
    lines[58:].select("text").write_csv(tmp_path / "test.csv")

    result = convoy(tmp_path / "train.csv", tmp_path / "test.csv", "--target", "mood")

    assert result.exit_code == 4
    assert "2 of 32 test samples are the same" in " ".join(result.output.split())
    assert "near duplicates" in result.output


def test_columns_that_one_file_lacks_are_told(tmp_path):
    table(tmp_path / "train.csv", 300, 0)
    table(tmp_path / "test.csv", 100, 1).drop("sugar").write_csv(tmp_path / "test.csv")

    result = convoy(tmp_path / "train.csv", tmp_path / "test.csv", "--target", "ill")

    assert "1 columns are in one of the two files only" in " ".join(result.output.split())
    assert "sugar" in result.output


def bare(path):
    """Take away the header line of a table."""
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))


def test_tables_without_a_header_are_compared_whole_and_it_is_told(tmp_path):
    table(tmp_path / "train.csv", 300, 0)
    pl.concat([pl.read_csv(tmp_path / "train.csv")[:3], table(tmp_path / "test.csv", 100, 1)]).write_csv(
        tmp_path / "test.csv"
    )
    bare(tmp_path / "train.csv")
    bare(tmp_path / "test.csv")

    result = convoy(tmp_path / "train.csv", tmp_path / "test.csv", "--target", "column_4")

    told = " ".join(result.output.split())
    assert "train.csv (300 train) and test.csv (103 test)" in told  # the first line is a row, too
    assert "3 of 103 test samples are the same as one that trains" in told
    assert "train.csv has no header: the first line (" in told
    assert "its columns are called column_1 … column_5" in told


@pytest.mark.parametrize("file", ["train", "test"])
def test_a_table_without_a_header_beside_one_with_it_takes_its_names(tmp_path, file):
    table(tmp_path / "train.csv", 300, 0)
    table(tmp_path / "test.csv", 100, 1)
    bare(tmp_path / f"{file}.csv")

    result = convoy(tmp_path / "train.csv", tmp_path / "test.csv", "--target", "ill")

    told = " ".join(result.output.split())
    assert result.exit_code == 0, result.output
    assert "train.csv (300 train) and test.csv (100 test)" in told
    assert f"{file}.csv has no header" in told
    assert f"its columns are taken to be those of {'test' if file == 'train' else 'train'}.csv" in told


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["train.csv"], 2, "give two files"),
        (["train.csv", "nowhere.csv"], 3, "does not exist"),
        (
            ["train.csv", "test.csv", "--target", "il"],
            3,
            "--target il: the data have no such column; did you mean ill?",
        ),
        ([], 3, "has no audit yet"),
        (["--target", "ill"], 2, "--target ill is for two files"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(tmp_path, monkeypatch, arguments, code, said):
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "train.csv", 300, 0)
    table(tmp_path / "test.csv", 100, 1)

    result = convoy(*arguments)

    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_the_last_run_is_shown_as_it_was_written(tmp_path):
    finding = {
        "check": "groups on both sides", "severity": "leak", "sentence": "3 of 9 groups train and test",
        "count": 3, "of": 9, "examples": ["anna", "ben"],
    }  # fmt: skip
    with stage_folder(tmp_path / "data" / "preprocess") as folder:
        write_json({"findings": [finding]}, folder / "audit.json")

    result = convoy("--project", tmp_path)

    assert result.exit_code == 4
    assert "LEAK: groups on both sides\n    3 of 9 groups train and test\n      - anna\n" in result.output
    assert "audit: 1 leak" in result.output


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path):
    table(tmp_path / "train.csv", 300, 0)
    words = ["convoy", "audit", str(tmp_path / "train.csv"), str(tmp_path / "train.csv")]
    call = f"from flows.cli.main import main; import sys; sys.argv = {words!r}; main()"

    process = subprocess.Popen(
        [sys.executable, "-c", call], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    told = process.stderr.read()
    process.wait(timeout=60)

    assert "BrokenPipe" not in told
