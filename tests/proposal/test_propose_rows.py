"""A look at texts, samples, whole series, recordings and clips proposes what a person would choose."""

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.proposal.choice import Wishes
from pipeline.proposal.propose import propose
from pipeline.proposal.settings import merged, settings_tree

WORDS = ["the", "storm", "went", "over", "our", "town", "and", "nobody", "slept", "well", "that", "night"]


def texts(path, rows=120):
    rng = np.random.default_rng(0)
    pl.DataFrame(
        {
            "posted": [f"2024-01-{1 + row % 28:02} {row % 24:02}:00" for row in range(rows)],
            "words": [" ".join(rng.choice(WORDS, 9)) + f" {row}" for row in range(rows)],
            "mood": ["glad" if row % 3 else "sad" for row in range(rows)],
        }
    ).write_csv(path)
    return path


def samples(path, rows=200):
    rng = np.random.default_rng(0)
    pl.DataFrame(
        {
            "id": range(rows),
            "weight": rng.normal(70, 9, rows).round(1),
            "pressure": [None if row % 50 == 0 else 120 + row % 9 for row in range(rows)],
            "city": rng.choice(["Ulm", "Bonn"], rows),
            "ill": rng.integers(0, 2, rows),
        }
    ).write_csv(path)
    return path


def chosen(proposal):
    return {choice.setting: choice.value for choice in proposal.choices}


def test_a_table_with_sentences_and_a_target_is_read_as_texts(tmp_path):
    proposal = propose(texts(tmp_path / "posts.csv"), Wishes(target="mood"))

    assert proposal.config.sources.text == "words"
    assert proposal.config.preprocessing.kind == "text"
    assert proposal.config.heads.class_weights == "balanced"
    assert all(choice.reason for choice in proposal.choices)


def test_rows_without_a_time_stand_for_themselves_where_a_target_is_named(tmp_path):
    proposal = propose(samples(tmp_path / "patients.csv"), Wishes(target="ill"))

    assert proposal.config.sources.rows == "samples"
    assert set(proposal.table.channels) >= {"weight", "pressure"}
    assert proposal.table.categories == ("city",)
    assert proposal.config.preprocessing.missing == "mask"
    assert any("no order in time" in warning for warning in proposal.warnings)


def test_cells_with_several_labels_ask_for_labels(tmp_path):
    table = texts(tmp_path / "posts.csv")
    frame = pl.read_csv(table)
    both = pl.when(pl.int_range(pl.len()) % 5 == 0).then(pl.lit("glad,sad")).otherwise(pl.col("mood"))
    frame.with_columns(mood=both).write_csv(table)

    proposal = propose(table, Wishes(target="mood"))

    assert proposal.config.heads.kind == "multilabel"


def test_many_different_numbers_are_a_quantity(tmp_path):
    table = samples(tmp_path / "patients.csv")

    proposal = propose(table, Wishes(target="weight"))

    assert proposal.config.heads.kind == "regress"


def test_one_text_per_target_value_is_refused(tmp_path):
    table = texts(tmp_path / "posts.csv", rows=900)

    with pytest.raises(DataError, match="900 different values"):
        propose(table, Wishes(target="words", text="words", settings={"sources": {"rows": "samples"}}))


def test_series_that_are_each_one_sample_are_taken_whole(tmp_path):
    lines = ["@problemName waves", "@univariate true", "@classLabel true up down", "@data"]
    rng = np.random.default_rng(0)
    for row in range(40):
        slope = 1 if row % 2 else -1
        values = ",".join(f"{slope * step + rng.normal():.3f}" for step in range(30))
        lines.append(f"{values}:{'up' if row % 2 else 'down'}")
    (tmp_path / "waves_TRAIN.ts").write_text("\n".join(lines[:24]) + "\n")
    (tmp_path / "waves_TEST.ts").write_text("\n".join([*lines[:4], *lines[24:]]) + "\n")

    proposal = propose(tmp_path, Wishes())

    assert proposal.config.preprocessing.kind == "whole"
    assert proposal.config.preprocessing.split.kind == "given"
    assert proposal.config.heads.kind == "classify"


def test_recordings_with_speakers_are_divided_by_speaker(tmp_path):
    import soundfile

    rng = np.random.default_rng(0)
    for index in range(24):
        name = f"{'yes' if index % 2 else 'no'}_{'abcd'[index % 4]}_{index}.wav"
        soundfile.write(tmp_path / name, rng.normal(0, 0.1, 4000), 8000)
    said = settings_tree(["sources.target_pattern=([a-z]+)_", "sources.group_pattern=_([a-z])_"])

    proposal = propose(tmp_path, Wishes(settings=said))

    assert proposal.config.preprocessing.kind == "sound"
    assert proposal.config.preprocessing.rate == 8000
    assert proposal.config.preprocessing.split.kind == "group"


def test_numbered_frames_in_folders_per_clip_are_clips(tmp_path):
    for clip in range(6):
        folder = tmp_path / ("run" if clip % 2 else "jump") / f"clip{clip}"
        folder.mkdir(parents=True)
        for frame in range(7):
            Image.fromarray(np.full((20, 24), 30 * frame, np.uint8)).save(folder / f"{frame}.png")

    proposal = propose(tmp_path, Wishes())

    assert proposal.config.sources.kind == "frames"
    assert proposal.config.preprocessing.frames == 7
    assert sorted(proposal.table.frame["target"].unique()) == ["jump", "run"]


def test_what_the_user_says_outweighs_what_is_proposed(tmp_path):
    said = settings_tree(
        ["preprocessing.tokens=characters", "training.epochs=3", "preprocessing.split.val=0.3"]
    )

    proposal = propose(texts(tmp_path / "posts.csv"), Wishes(target="mood", settings=said))

    assert proposal.config.preprocessing.tokens == "characters"
    assert proposal.config.training.epochs == 3
    assert proposal.config.preprocessing.split.val == 0.3


def test_a_setting_that_does_not_exist_is_told_with_the_nearest_one(tmp_path):
    table = texts(tmp_path / "posts.csv")

    with pytest.raises(ConfigError, match=r"training\.epoch is not a setting; did you mean training\.epochs"):
        propose(table, Wishes(target="mood", settings=settings_tree(["training.epoch=3"])))
    with pytest.raises(ConfigError, match=r"sources\.seperator"):
        propose(table, Wishes(target="mood", settings=settings_tree(["sources.seperator=;"])))


def test_a_password_never_reaches_the_settings():
    with pytest.raises(DataError, match="PGPASSWORD") as caught:
        propose("postgresql://me:secret@127.0.0.1/db", Wishes())

    assert "secret" not in str(caught.value)


def test_settings_of_another_kind_leave_nothing_of_the_old_one():
    tree = {"heads": {"kind": "classify", "class_weights": "balanced"}, "run": {"seed": 1}}

    laid = merged(tree, {"heads": {"kind": "regress", "loss": "mae"}, "run": {"threads": 1}})

    assert laid == {"heads": {"kind": "regress", "loss": "mae"}, "run": {"seed": 1, "threads": 1}}


def test_what_is_told_is_what_is_written(tmp_path):
    said = settings_tree(["preprocessing.longest=99", "heads.class_weights=none"])

    proposal = propose(texts(tmp_path / "posts.csv"), Wishes(target="mood", settings=said))

    assert chosen(proposal)["preprocessing.longest"] == "99"
    assert chosen(proposal)["heads.class_weights"] == "none"
    assert chosen(proposal)["sources.text"] == "words"


def test_numbers_that_only_name_rows_are_no_measurements(tmp_path):
    proposal = propose(samples(tmp_path / "patients.csv"), Wishes(target="ill"))

    assert "id" not in proposal.table.channels
    assert "city" in proposal.table.categories


def test_a_direction_is_a_class_and_needs_no_further_setting(tmp_path):
    rng = np.random.default_rng(0)
    price = 100 + rng.normal(size=900).cumsum()
    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2024, 1, 1), eager=True)[:900]
    pl.DataFrame({"day": days.cast(pl.String), "close": price.round(2)}).write_csv(tmp_path / "p.csv")

    proposal = propose(tmp_path / "p.csv", Wishes(settings=settings_tree(["preprocessing.direction=close"])))

    assert proposal.config.heads.kind == "classify"
    assert chosen(proposal)["heads.kind"] == "classify"


def test_a_number_is_called_by_its_column(tmp_path):
    rows = [f"{row % 7},{row * 1.37:.2f}" for row in range(200)]
    (tmp_path / "a.csv").write_text("\n".join(["rooms,price", *rows]) + "\n")

    heads = propose(tmp_path / "a.csv", Wishes(target="price")).config.heads

    assert (heads.kind, heads.name) == ("regress", "price")
