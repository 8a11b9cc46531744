"""An extractor that joins the training later, or learns more slowly, than the rest."""

import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from pipeline.extraction.config import Conv1dConfig
from pipeline.model.build import build_net
from pipeline.training.fit import fit
from pipeline.training.module import NetModule
from pipeline.training.staged import Front, Staging

SCRIPT = Path(__file__).with_name("staged.py")
ROOT = Path(__file__).parents[2]


def start(folder, checkpoint, *arguments):
    command = [sys.executable, str(SCRIPT), str(folder), str(checkpoint), *map(str, arguments)]
    env = {name: value for name, value in os.environ.items() if not name.endswith("RANK")}
    return subprocess.Popen(
        command,
        env=env | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def train(sine, tmp_path):
    """Return a function that trains with a staging; the network, what came of it, and the extractor before."""
    torch.set_num_threads(1)
    blueprint = sine.BLUEPRINT.model_copy(
        update={"extraction": Conv1dConfig(features=(8,), dropout=0.2, normalisation="batch")}
    )

    def run(staging, name="one", **changes):
        net = build_net(blueprint, seed=0)
        before = {key: tensor.clone() for key, tensor in net.extractor.state_dict().items()}
        fitted = fit(
            net, sine.write_stream(tmp_path), seed=7, checkpoint=tmp_path / name / "last.ckpt",
            config=sine.TRAINING.model_copy(update={"patience": 0} | changes), staging=staging,
        )  # fmt: skip
        return net, fitted, before

    return run


def test_a_frozen_extractor_keeps_every_weight_and_statistic_while_the_rest_learns(train):
    net, fitted, before = train(Staging(frozen_epochs=3), epochs=3)

    assert all(torch.equal(tensor, before[name]) for name, tensor in net.extractor.state_dict().items())
    assert fitted.history[-1]["train/loss"] < fitted.history[0]["train/loss"]


def test_after_its_frozen_epochs_every_weight_and_statistic_moves(train):
    net, _, before = train(Staging(frozen_epochs=2), epochs=5, schedule="constant")

    for name, tensor in net.extractor.state_dict().items():
        assert not torch.equal(tensor, before[name]), name


def test_a_small_factor_moves_the_extractor_less(train):
    moved = []
    for factor in (1.0, 0.01):
        net, _, before = train(Staging(rate_factor=factor), name=str(factor), epochs=2)
        moved.append(
            sum(
                float((weight.detach() - before[name]).norm())
                for name, weight in net.extractor.named_parameters()
            )
        )

    assert moved[1] < 0.1 * moved[0]


@pytest.mark.parametrize("schedule", ["constant", "onecycle", "cosine"])
def test_the_extractors_rate_follows_the_schedule_at_its_factor(sine, schedule):
    net = build_net(sine.BLUEPRINT, seed=0)
    config = sine.TRAINING.model_copy(update={"schedule": schedule})
    module = NetModule(net, config, seed=0, steps=20, staging=Staging(rate_factor=0.1))

    made = module.configure_optimizers()

    optimizer = made["optimizer"] if isinstance(made, dict) else made
    for _ in range(10):
        rest, front = (group["lr"] for group in optimizer.param_groups)
        assert front == pytest.approx(0.1 * rest, rel=0.01)
        optimizer.step()
        if isinstance(made, dict):
            made["lr_scheduler"]["scheduler"].step()


def test_vectors_that_never_learn_do_not_begin_to_when_the_extractor_does(sine):
    net = build_net(sine.BLUEPRINT, seed=0)
    fixed = next(net.extractor.parameters()).requires_grad_(False)
    front = Front(net, Staging(frozen_epochs=1))

    front.begin(0)
    front.begin(1)

    assert not fixed.requires_grad
    assert sum(weight.requires_grad for weight in net.extractor.parameters()) > 0


def test_patience_does_not_run_out_before_the_extractor_had_its_chance(train):
    _, fitted, _ = train(
        Staging(frozen_epochs=4), epochs=7, patience=1, learning_rate=0.5, schedule="constant", clip_norm=0.0
    )

    assert len(fitted.history) >= 5


@pytest.mark.parametrize("line", ["epoch 2/", "epoch 5/"], ids=["while frozen", "afterwards"])
def test_a_staged_training_killed_and_run_again_ends_with_the_weights_of_one_never_killed(
    tmp_path, caplog, line
):
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("staged_script", SCRIPT)
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    whole, expected = script.train(tmp_path, tmp_path / "whole" / "last.ckpt", epochs=12)
    process = start(tmp_path, tmp_path / "killed" / "last.ckpt", 12)
    for told in process.stdout:
        if told.startswith(line):
            time.sleep(0.02)  # somewhere inside the next epoch
            process.kill()
    process.wait()
    caplog.set_level(logging.INFO, logger="pipeline")

    again, found = script.train(tmp_path, tmp_path / "killed" / "last.ckpt", epochs=12)

    told = [record.getMessage() for record in caplog.records]
    assert any(message.startswith("going on after epoch ") for message in told)
    assert found.history == expected.history
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name


def test_two_processes_train_a_staged_network_as_one_does(tmp_path):
    losses = []
    for devices in (1, 2):
        process = start(tmp_path, tmp_path / f"of{devices}" / "last.ckpt", 5, devices)
        told, _ = process.communicate(timeout=300)
        assert process.returncode == 0, told
        lines = [
            line.split() for line in told.splitlines() if line.startswith("epoch ")
        ]  # each process tells
        losses.append({line[1]: float(line[line.index("val/loss") + 1]) for line in lines})

    assert len(losses[0]) == 5
    assert losses[1] == pytest.approx(losses[0], rel=0.005)
