import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from pipeline.training.resume import KEPT, open_checkpoints, resume_key, usable

SCRIPT = Path(__file__).with_name("sine.py")
ROOT = Path(__file__).parents[2]


def start(folder: Path, checkpoint: Path, epochs: int) -> subprocess.Popen:
    command = [sys.executable, str(SCRIPT), str(folder), str(checkpoint), str(epochs)]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def kill_after(process: subprocess.Popen, line: str) -> None:
    for told in process.stdout:
        if told.startswith(line):
            time.sleep(0.05)  # somewhere inside the next epoch
            process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_a_run_killed_in_the_middle_and_run_again_ends_with_the_weights_of_one_never_killed(
    sine, tmp_path, caplog
):
    epochs, checkpoint = 40, tmp_path / "killed" / "last.ckpt"
    whole, expected = sine.train(tmp_path, tmp_path / "whole" / "last.ckpt", epochs=epochs)
    kill_after(start(tmp_path, checkpoint, epochs), "epoch 7/")
    caplog.set_level(logging.INFO, logger="pipeline")

    again, found = sine.train(tmp_path, checkpoint, epochs=epochs)

    told = [record.getMessage() for record in caplog.records]
    assert any(line.startswith("going on after epoch ") for line in told)
    assert not any(line.startswith("epoch 7/") for line in told)
    assert found.history == expected.history
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name


def test_a_training_that_was_over_when_it_was_killed_is_not_trained_again(sine, tmp_path, caplog):
    checkpoint = tmp_path / "c" / "last.ckpt"
    first, before = sine.train(tmp_path, checkpoint, epochs=3)
    caplog.set_level(logging.INFO, logger="pipeline")

    second, after = sine.train(tmp_path, checkpoint, epochs=3)

    assert not [record for record in caplog.records if record.getMessage().startswith("epoch")]
    assert before.history == after.history
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name])


@pytest.mark.parametrize(
    "spoil", [lambda raw: raw[: len(raw) // 2], lambda raw: b"", lambda raw: b"nonsense" * 9]
)
def test_a_damaged_checkpoint_is_told_in_a_line_and_training_starts_again(sine, tmp_path, caplog, spoil):
    checkpoint = tmp_path / "c" / "last.ckpt"
    _, before = sine.train(tmp_path, checkpoint, epochs=1)
    checkpoint.write_bytes(spoil(checkpoint.read_bytes()))

    _, after = sine.train(tmp_path, checkpoint, epochs=1)

    told = [record.getMessage() for record in caplog.records if "damaged" in record.getMessage()]
    assert len(told) == 1 and "training starts again" in told[0]
    assert before.history == after.history


def test_a_checkpoint_that_would_run_code_is_not_loaded(tmp_path):
    checkpoint = tmp_path / "last.ckpt"

    class Harmful:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path}/harm",)

    torch.save({"state_dict": Harmful()}, checkpoint)

    assert not usable(checkpoint)
    assert not (tmp_path / "harm").exists()


def test_other_data_or_settings_have_another_checkpoint():
    question = {"stage": "analyze", "sections": {"training": {"epochs": 3}}, "inputs": ["aa"]}

    keys = {
        resume_key(question),
        resume_key(question | {"stage": "extract"}),
        resume_key(question | {"sections": {"training": {"epochs": 4}}}),
        resume_key(question | {"inputs": ["ab"]}),
    }

    assert len(keys) == 4
    assert resume_key(dict(reversed(question.items()))) in keys


def test_other_code_or_libraries_have_another_checkpoint(monkeypatch):
    before = resume_key({})

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.training.resume.version", lambda name: "0.1")
        other_library = resume_key({})
    monkeypatch.setattr("pipeline.training.resume.ROOMS", ("extraction",))
    other_code = resume_key({})

    assert len({before, other_library, other_code}) == 3


def test_old_unfinished_trainings_are_forgotten(tmp_path):
    for age in range(KEPT + 3):
        open_checkpoints(tmp_path, f"key{age}")
        os.utime(tmp_path / f"key{age}", (age, age))

    mine = open_checkpoints(tmp_path, "mine")

    assert mine == tmp_path / "mine" / "last.ckpt"
    assert {path.name for path in tmp_path.iterdir()} == {
        "mine",
        *(f"key{age}" for age in range(3, KEPT + 3)),
    }
