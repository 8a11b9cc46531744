"""An exported model scores raw rows without this package, and as ``convoy predict`` does."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import ConfigError, IntegrityError
from pipeline.stages import parity
from pipeline.stages.bundle import make_bundle
from pipeline.stages.export import export

pytestmark = pytest.mark.real

CARRIED = (
    "table", "numbers", "text", "labels", "forecast", "windows", "whole", "each", "images", "deep",
    "direction", "clips", "sound",
)  # fmt: skip
LIBRARIES = (
    "numpy",
    "numpy.libs",
    "onnxruntime",
    "google",
    "flatbuffers",
    "PIL",
    "pillow.libs",
    "tokenizers",
    "scipy",
    "scipy.libs",
    "soundfile.py",
    "_soundfile.py",
    "_soundfile_data",
    "cffi",
    "_cffi_backend*.so",
    "typing_extensions.py",
)


def exported(project, folder):
    make_bundle(project.folder, folder / "model")
    return export(folder / "model", folder / "out", project=project.folder)


@pytest.fixture
def bare(tmp_path):
    """Return a function that calls Python where nothing but the bundle's libraries can be imported."""
    site = Path(find_spec("numpy").origin).parents[1]
    (tmp_path / "site").mkdir()
    for name in LIBRARIES:
        for found in site.glob(name):
            (tmp_path / "site" / found.name).symlink_to(found)

    def call(*arguments):
        environment = {"PYTHONPATH": str(tmp_path / "site"), "PATH": os.environ["PATH"]}
        command = [sys.executable, "-S", "-B", *map(str, arguments)]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout, done.stderr

    return call


@pytest.mark.parametrize("name", CARRIED)
def test_a_bundle_answers_rows_of_the_test_split_as_convoy_predict_does(name, projects, tmp_path):
    report = exported(projects(name), tmp_path)

    assert report.parity.greatest_difference <= 1e-4
    assert report.parity.samples >= 4
    told = json.loads((tmp_path / "out" / "parity.json").read_text())
    assert told["greatest_difference"] == report.parity.greatest_difference
    assert {path.name for path in tmp_path.iterdir()} == {"model", "out"}


def test_a_table_of_a_user_is_scored_where_neither_convoy_nor_torch_can_be_imported(projects, bare, tmp_path):
    project = projects("table")
    exported(project, tmp_path)
    wanted = project.table(project.source, tmp_path / "wanted.parquet")
    missing = "import numpy\ntry:\n    import torch\nexcept ImportError:\n    print('none')"

    assert bare("-c", missing)[1] == "none\n"
    code, said, _ = bare("out/predict.py", project.source, "--out", "answers.csv")

    found = pl.read_csv(tmp_path / "answers.csv")
    assert (code, said) == (0, f"{found.height:,} scored, 0 not scored\n")
    both = found.join(wanted.filter(pl.col("reason").is_null()), left_on="row", right_on="sample_id")
    assert both.height > 800  # the others break a rule of the suite, which a bundle does not know
    assert (both["probability_1"] - both["probability_1_right"]).abs().max() < 1e-5


def test_rows_that_cannot_be_scored_come_back_with_the_reason_and_the_others_are_answered(
    projects, bare, tmp_path
):
    exported(projects("numbers"), tmp_path)
    rows = [
        {"age": 18000, "height": 170, "ap_hi": 120}, {"age": "old", "height": 170, "ap_hi": 120},
        {"age": 18000, "height": None, "ap_hi": 120}, {"age": 1e400, "height": 170, "ap_hi": 120},
    ]  # fmt: skip
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))

    code, said, _ = bare("out/predict.py", "rows.jsonl", "--out", "answers.jsonl")

    found = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert (code, said) == (0, "1 scored, 3 not scored\n")
    assert 30 < found[0]["prediction"] < 150  # kilograms
    assert [line["reason"] for line in found[1:]] == [
        "age: 'old' is no number",
        "height is empty, and preprocessing.missing=refuse",
        "age is infinite",
    ]


def test_recordings_of_any_rate_are_scored_and_what_is_no_sound_has_a_reason(projects, bare, tmp_path):
    soundfile = pytest.importorskip("soundfile")
    project = projects("sound")
    exported(project, tmp_path)
    spoken = sorted(project.source.glob("*.wav"))[0]
    samples, rate = soundfile.read(spoken)
    new = tmp_path / "new"
    new.mkdir()
    shutil.copyfile(spoken, new / "0_a_1.wav")
    soundfile.write(new / "0_a_2.flac", np.repeat(samples, 2).reshape(-1, 1).repeat(2, axis=1), 2 * rate)
    (new / "0_a_3.wav").write_text("no sound")
    whole = spoken.read_bytes()
    (new / "0_a_4.wav").write_bytes(whole[: len(whole) // 2])
    soundfile.write(new / "0_a_5.wav", np.stack([samples, -samples], axis=1), rate, subtype="FLOAT")
    wanted = project.table(new, tmp_path / "wanted.parquet")

    code, said, _ = bare("out/predict.py", "new", "--out", "answers.jsonl")

    found = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert (code, said) == (0, "2 scored, 3 not scored\n")
    assert [line["file"] for line in found[:3]] == ["0_a_1.wav", "0_a_2.flac", "0_a_3.wav"]
    for place, why in enumerate(["cannot be decoded", "it is truncated", "cancel each other out"], start=2):
        assert why in found[place]["reason"]
        assert why in wanted["reason"][place]
    for name in ("probability_0", "probability_1", "probability_2"):
        assert [line[name] for line in found[:2]] == pytest.approx(wanted[name][:2].to_list(), abs=1e-5)


def test_a_clip_with_a_broken_frame_has_a_reason_and_frames_are_put_in_order(projects, bare, tmp_path):
    project = projects("clips")
    exported(project, tmp_path)
    for name in ("clip9", "clip10"):
        kept = next(project.source.glob(f"*/{name}"))
        shutil.copytree(kept, tmp_path / "new" / name)
    broken = tmp_path / "new" / "clip10" / "1.png"
    broken.write_bytes(broken.read_bytes()[:40])
    wanted = project.table(project.source, tmp_path / "wanted.parquet")

    code, said, _ = bare("out/predict.py", "new", "--out", "answers.jsonl")

    found = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert (code, said) == (0, "1 scored, 1 not scored\n")
    assert [line["file"] for line in found] == ["clip9", "clip10"]
    assert "its frame 1.png cannot be decoded" in found[1]["reason"]
    same = wanted.filter((pl.col("probability_dark") - found[0]["probability_dark"]).abs() < 1e-5)
    assert same.height


def test_clips_may_be_given_as_arrays_of_pixels_and_other_numbers_are_refused(projects, bare, tmp_path):
    exported(projects("clips"), tmp_path)
    call = """if True:
        import sys
        import numpy
        sys.path.insert(0, "out")
        from predict import Model
        frames = numpy.full((4, 12, 10), 200, numpy.uint8)
        for line in Model().predict([frames, list(frames), frames / 255.0, []]):
            print(line["row"], line["reason"], line.get("prediction"), line.get("probability_dark"))
    """

    code, said, _ = bare("-c", call)

    lines = said.splitlines()
    assert code == 0
    assert lines[0].removeprefix("0") == lines[1].removeprefix("1")
    assert "bright" in lines[0]
    assert "array of float64, wanted is uint8" in lines[2]
    assert "it has no frames" in lines[3]


def test_what_a_bundle_cannot_read_is_one_sentence(projects, bare, tmp_path):
    exported(projects("numbers"), tmp_path)
    (tmp_path / "other.csv").write_text("foo\n1\n")
    (tmp_path / "empty.csv").write_text("age,height,ap_hi\n")
    calls = {
        ("nothing.csv", "--out", "x.csv"): "does not exist",
        ("other.csv", "--out", "x.csv"): "have no column 'age'",
        ("empty.csv", "--out", "x.csv"): "holds nothing to score",
        ("other.csv", "--out", "x.txt"): "have no column 'age'",
    }

    for call, sentence in calls.items():
        code, _, complained = bare("out/predict.py", *call)
        assert code == 2
        assert sentence in complained
        assert complained.startswith("error: ")
    assert not list(tmp_path.glob("x.*"))


def test_a_kind_that_cannot_be_carried_is_one_sentence_and_leaves_nothing(projects, tmp_path):
    with pytest.raises(ConfigError, match="a whole volume") as told:
        exported(projects("volumes"), tmp_path)

    assert "\n" not in str(told.value)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_bundle_that_does_not_agree_is_not_left(projects, tmp_path, monkeypatch):
    monkeypatch.setattr(parity, "TOLERANCE", 0.0)

    with pytest.raises(IntegrityError, match="the greatest difference is"):
        exported(projects("forecast"), tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_data_of_the_source_are_used_where_the_project_holds_none(projects, tmp_path):
    project = projects("numbers")
    make_bundle(project.folder, tmp_path / "model")
    (tmp_path / "elsewhere").mkdir()

    report = export(tmp_path / "model", tmp_path / "out", project=tmp_path / "elsewhere")

    assert report.parity.rows == f"of {project.source.name}"
    assert report.parity.samples == 300


def test_data_of_another_kind_are_not_what_a_bundle_is_checked_with(projects, tmp_path):
    make_bundle(projects("labels").folder, tmp_path / "model")

    report = export(tmp_path / "model", tmp_path / "out", project=projects("images").folder)

    assert report.parity.rows == f"of {projects('labels').source.name}"


def test_an_older_bundle_is_replaced_and_anything_else_is_not(projects, tmp_path):
    project = projects("numbers")
    exported(project, tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep me")

    export(tmp_path / "model", tmp_path / "out", project=project.folder)

    with pytest.raises(ConfigError, match="no exported model"):
        export(tmp_path / "model", tmp_path / "mine", project=project.folder)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "keep me"
