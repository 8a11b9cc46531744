import logging
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from pipeline.foundation.errors import DataError
from pipeline.heads.config import ForecastConfig
from pipeline.model.build import build_net
from pipeline.model.config import ModelConfig
from pipeline.model.frozen import FrozenNet
from pipeline.preprocessing.stream import SplitReader, StreamFiles
from pipeline.training.batches import Batches
from pipeline.training.features import FeatureReader
from pipeline.training.fit import fit
from pipeline.training.plan import Plan
from pipeline.training.predict import predict, write_features

CPU = torch.device("cpu")


@pytest.fixture
def run(sine, tmp_path):
    """Return a function that trains in a folder of its own."""

    def train(name="one", **changes):
        return sine.train(tmp_path, tmp_path / name / "last.ckpt", **changes)

    return train


def weights(net):
    return torch.cat([tensor.flatten().float() for tensor in net.state_dict().values()])


def test_training_makes_the_loss_small(run):
    _, fitted = run(epochs=8)

    losses = [row["train/loss"] for row in fitted.history]
    assert losses[-1] < 0.6 * losses[0]
    assert fitted.kept["val/loss"] < 0.5
    assert [row["epoch"] for row in fitted.history] == list(range(1, 9))


def test_the_network_ends_with_the_weights_of_the_best_epoch(run, sine, tmp_path):
    net, fitted = run(epochs=6, learning_rate=0.2, schedule="constant", patience=0, clip_norm=0.0)
    val = sine.write_stream(tmp_path)["val"]

    answer = predict(net, val, device=CPU)

    mse = np.square(answer - val.targets(np.arange(len(val)))).mean()
    best = min(fitted.history, key=lambda row: row["val/loss"])
    assert fitted.kept == best and best["epoch"] < 6
    assert mse == pytest.approx(best["val/mse"], rel=1e-5)
    assert fitted.val == {"loss": best["val/loss"], "mse": best["val/mse"], "mae": best["val/mae"]}


def test_where_the_last_epoch_is_kept_val_has_no_say(run, sine, tmp_path):
    settings = {"epochs": 6, "learning_rate": 0.2, "schedule": "constant", "clip_norm": 0.0}
    net, fitted = run(**settings, keep="last", patience=1)
    val = sine.write_stream(tmp_path)["val"]

    mse = np.square(predict(net, val, device=CPU) - val.targets(np.arange(len(val)))).mean()

    assert fitted.kept == fitted.history[-1] and len(fitted.history) == 6
    assert min(row["val/loss"] for row in fitted.history) < fitted.kept["val/loss"]  # the best is another
    assert mse == pytest.approx(fitted.kept["val/mse"], rel=1e-5)


def test_training_stops_when_val_gets_no_better(run):
    _, fitted = run(epochs=40, learning_rate=0.2, schedule="constant", patience=2, clip_norm=0.0)

    assert len(fitted.history) == fitted.kept["epoch"] + 2 < 40


def test_patience_0_never_stops_early(run):
    _, fitted = run(epochs=7, learning_rate=0.2, schedule="constant", patience=0, clip_norm=0.0)

    assert len(fitted.history) == 7


def test_equal_seeds_give_equal_weights_whatever_was_drawn_before(run):
    first, history = run("one", epochs=2)
    torch.rand(3)
    second, again = run("two", epochs=2)

    assert torch.equal(weights(first), weights(second))
    assert history.history == again.history


def test_training_leaves_the_random_state_alone(run):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)

    run(epochs=1)

    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [("constant", (0.01, 0.01)), ("cosine", (0.0057822, 6.156e-5)), ("onecycle", (0.0081174, 4e-8))],
)
def test_the_learning_rate_moves_over_all_steps_as_the_schedule_says(run, schedule, rates):
    _, fitted = run(epochs=2, schedule=schedule)

    found = [row["learning_rate"] for row in fitted.history]
    assert found == pytest.approx(rates, rel=1e-3)


def test_each_epoch_is_told_in_a_plain_line(run, caplog):
    caplog.set_level(logging.INFO, logger="pipeline")

    run(epochs=2)

    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == "training on cpu"
    assert lines[1].startswith("epoch 1/2  train/loss 0.") and "val/mse" in lines[1] and " lr " in lines[1]
    assert len(lines) == 3


def test_nothing_else_is_printed_or_warned_about(run, capfd, recwarn):
    run(epochs=1)

    out, err = capfd.readouterr()
    assert out == err == ""
    assert not recwarn.list


def test_nothing_but_the_checkpoint_is_written(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    run("checkpoints", epochs=1)

    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {name for name in made if not name.endswith(".npy")} == {"checkpoints/last.ckpt"}


def test_a_loss_that_is_no_number_stops_with_the_epoch_and_the_likely_causes(sine, tmp_path):
    readers = sine.write_stream(tmp_path)
    stream = np.load(tmp_path / "stream.npy")
    stream[40] = np.inf
    np.save(tmp_path / "stream.npy", stream)
    net = build_net(sine.BLUEPRINT, seed=0)

    with pytest.raises(
        DataError, match=r"train/loss became nan in epoch 1; likely causes: training.learning_rate=0.01"
    ):
        fit(net, readers, config=sine.TRAINING, seed=7, checkpoint=tmp_path / "c" / "last.ckpt")


def test_a_frozen_extractor_is_trained_around_and_never_run_again(sine, tmp_path):
    readers = sine.write_stream(tmp_path)
    blueprint = sine.BLUEPRINT.model_copy(update={"model": ModelConfig(input_norm="instance")})
    net = build_net(blueprint, seed=0)
    samples = {}
    for split, reader in readers.items():
        write_features(net, reader, tmp_path / f"features_{split}.npy", device=CPU)
        samples[split] = FeatureReader(reader, tmp_path / f"features_{split}.npy", with_windows=True)
    frozen = weights(net.extractor)
    calls = []
    net.extractor.register_forward_hook(lambda *_: calls.append(1))

    trained = FrozenNet(net)
    fitted = fit(
        trained,
        samples,
        config=sine.TRAINING.model_copy(update={"epochs": 3}),
        seed=7,
        checkpoint=tmp_path / "c",
    )

    assert torch.equal(weights(net.extractor), frozen) and not calls
    assert fitted.history[-1]["train/loss"] < fitted.history[0]["train/loss"]
    answer = predict(trained, samples["test"], device=CPU)
    np.testing.assert_allclose(answer, predict(net, readers["test"], device=CPU), rtol=1e-4, atol=1e-5)


def test_predictions_have_every_sample_once_and_in_order(sine, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.training.predict.ROWS", 32)
    reader = sine.write_stream(tmp_path)["test"]
    net = build_net(sine.BLUEPRINT, seed=0)

    answer = predict(net, reader, device=CPU)

    one_by_one = torch.cat(
        [net(torch.from_numpy(reader.inputs(np.array([row])))) for row in range(len(reader))]
    )
    np.testing.assert_allclose(answer, one_by_one.detach(), rtol=1e-4, atol=1e-5)


def test_loading_costs_a_small_part_of_training(tmp_path, sine):
    """Under 5 % of an epoch; measured around 0.3 % (see benchmarks/loader.py)."""
    meta = sine.META.model_copy(
        update={"window": 96, "horizon": 96, "counts": {"train": 1280, "val": 1, "test": 1}}
    )
    blueprint = sine.BLUEPRINT.model_copy(
        update={"stream": meta, "model": ModelConfig(channels="each"), "heads": ForecastConfig(horizon=96)}
    )
    readers = sine.write_stream(tmp_path, meta)
    batches = Batches(readers["train"], Plan(seed=0, batch_size=64), epoch=lambda: 0)
    net = build_net(blueprint, seed=0)
    list(batches)  # opens the files

    def timed(train):
        start = time.thread_time()
        for batch in batches:
            if train:
                net.head.loss(net(*batch.inputs), batch.target).backward()
        return time.thread_time() - start

    torch.set_num_threads(1)
    assert min(timed(train=False) for _ in range(5)) < 0.05 * timed(train=True)


def test_training_needs_neither_tables_nor_orchestration():
    code = (
        "import sys, pipeline.training.fit, pipeline.training.predict, pipeline.training.features\n"
        "heavy = {'polars', 'pandas', 'prefect', 'dvc', 'great_expectations', 'sklearn'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ))

    assert done.returncode == 0, done.stderr


def test_readers_are_opened_in_the_process_that_reads(sine, tmp_path):
    files = StreamFiles(*(tmp_path / name for name in ("stream.npy", "s.npy", "i.npy")), targets=None)

    reader = SplitReader(files, sine.META, "train")

    assert len(reader) == 501  # and nothing was opened: the files are not there
