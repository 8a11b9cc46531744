"""Training on samples of unequal length, with tokens: as good, as repeatable and as resumable as any other."""

import numpy as np
import pytest
import torch

from pipeline.extraction.config import Conv1dConfig, Conv2dConfig
from pipeline.heads.config import ClassifyConfig
from pipeline.model.blueprint import Blueprint
from pipeline.model.build import build_net
from pipeline.model.config import ModelConfig
from pipeline.model.frozen import FrozenNet
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.stream import SplitReader, StreamFiles
from pipeline.temporal.config import BilstmConfig, ConvLstmConfig
from pipeline.training.config import TrainingConfig
from pipeline.training.course import Course
from pipeline.training.features import FeatureReader
from pipeline.training.fit import fit
from pipeline.training.predict import predict, write_features

CPU = torch.device("cpu")
COUNTS = {"train": 301, "val": 80, "test": 90}
META = StreamMeta(
    kind="text", head="classify", window=20, ragged=True, frame=(), channels=(), classes=("less", "more"),
    vocabulary=12, dimensions=6, offset=(), scale=(), counts=COUNTS, class_counts=(150, 151),
)  # fmt: skip
BLUEPRINT = Blueprint(
    stream=META,
    model=ModelConfig(order="cnn-lstm", pooling="max", dropout=0.1),
    extraction=Conv1dConfig(features=(8,), dropout=0.1),
    temporal=BilstmConfig(hidden=6),
    heads=ClassifyConfig(),
)
TRAINING = TrainingConfig(epochs=4, batch_size=30, learning_rate=0.02, accelerator="cpu")


@pytest.fixture
def readers(tmp_path):
    """Return readers of texts; the question is whether the token 2 or the token 3 comes more often."""
    random = np.random.default_rng(0)
    found = {}
    texts = [random.integers(2, 12, random.integers(1, 21)) for _ in range(sum(COUNTS.values()))]
    np.save(tmp_path / "stream.npy", np.concatenate(texts).astype(np.int32))
    lengths = np.array([len(text) for text in texts])
    arrays = {
        "starts": np.cumsum(lengths) - lengths,
        "ids": np.arange(len(texts)),
        "lengths": lengths,
        "targets": np.array([int((text == 2).sum() > (text == 3).sum()) for text in texts]),
    }
    first = 0
    for split, count in COUNTS.items():
        paths = {name: tmp_path / f"{name}_{split}.npy" for name in arrays}
        for name, path in paths.items():
            np.save(path, arrays[name][first : first + count])
        found[split] = SplitReader(StreamFiles(tmp_path / "stream.npy", **paths), META, split)
        first += count
    return found


def trained(readers, checkpoint, samples=None, net=None, **changes):
    torch.set_num_threads(1)
    net = net or build_net(BLUEPRINT, seed=0)
    config = TRAINING.model_copy(update=changes)
    return net, fit(net, samples or readers, config=config, seed=7, checkpoint=checkpoint)


@pytest.mark.parametrize("buckets", [True, False])
def test_texts_of_unequal_length_are_learnt(readers, tmp_path, buckets):
    net, fitted = trained(readers, tmp_path / "c" / "last.ckpt", epochs=12, buckets=buckets)

    test = readers["test"]
    right = predict(net, test, device=CPU).argmax(axis=1) == test.targets(np.arange(len(test)))
    assert fitted.history[-1]["train/loss"] < 0.6 * fitted.history[0]["train/loss"]
    assert right.mean() > 0.8


def test_predictions_have_every_sample_once_and_in_order_whoever_shares_a_batch(readers, monkeypatch):
    monkeypatch.setattr("pipeline.training.predict.ROWS", 16)
    net, test = build_net(BLUEPRINT, seed=0), readers["test"]

    answer = predict(net, test, device=CPU)

    for row in range(len(test)):
        position = np.array([row])
        alone = net(torch.from_numpy(test.inputs(position)), torch.from_numpy(test.lengths(position)))
        np.testing.assert_allclose(answer[row], alone.softmax(dim=1)[0].detach(), atol=1e-6)


def test_a_stopped_training_in_buckets_goes_on_to_the_very_same_weights(readers, tmp_path, monkeypatch):
    settings = {"epochs": 6, "buckets": True, "sampler": "balanced"}
    whole, expected = trained(readers, tmp_path / "whole" / "last.ckpt", **settings)
    at_an_end = Course.on_train_epoch_end

    def stop_after_three(self, trainer, module):
        at_an_end(self, trainer, module)
        if self.epoch == 3:
            raise KeyError("the power went")

    with monkeypatch.context() as patch, pytest.raises(KeyError):
        patch.setattr(Course, "on_train_epoch_end", stop_after_three)
        trained(readers, tmp_path / "cut" / "last.ckpt", **settings)
    again, found = trained(readers, tmp_path / "cut" / "last.ckpt", **settings)

    assert found.history == expected.history
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name


def test_features_of_texts_are_computed_once_and_answer_the_same(readers, tmp_path):
    net, samples = build_net(BLUEPRINT, seed=0), {}
    for split, reader in readers.items():
        paths = (tmp_path / f"features_{split}.npy", tmp_path / f"feature_lengths_{split}.npy")
        write_features(net, reader, paths[0], device=CPU, lengths=paths[1])
        samples[split] = FeatureReader(reader, paths[0], lengths=paths[1])
    frozen = FrozenNet(net)
    embedded = net.embedding.table.weight.clone()

    trained(readers, tmp_path / "c" / "last.ckpt", samples=samples, net=frozen, epochs=2)

    assert torch.equal(net.embedding.table.weight, embedded), "nothing before the features moves"
    assert len(samples["test"].features) < COUNTS["test"] * 10, "no padding is kept"
    np.testing.assert_allclose(
        predict(frozen, samples["test"], device=CPU), predict(net, readers["test"], device=CPU), atol=1e-6
    )


def test_maps_of_a_frozen_cnn_come_back_from_disk_as_maps(tmp_path):
    lengths, frame = np.array([3, 1, 4, 2]), (2, 6, 4)
    counts = {"train": 1, "val": 1, "test": len(lengths)}
    meta = StreamMeta(
        kind="clips", head="classify", window=4, ragged=True, frame=frame, channels=("a", "b"),
        classes=("no", "yes"), offset=(99.0, 101.0), scale=(30.0, 40.0), counts=counts,
    )  # fmt: skip
    pixels = np.random.default_rng(0).integers(0, 256, (lengths.sum(), *frame), dtype=np.uint8)
    np.save(tmp_path / "stream.npy", pixels)
    arrays = {"starts": np.cumsum(lengths) - lengths, "lengths": lengths, "targets": lengths % 2}
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    paths = {name: tmp_path / f"{name}.npy" for name in (*arrays, "stream")}
    reader = SplitReader(StreamFiles(ids=paths["starts"], **paths), meta, "test")
    blueprint = BLUEPRINT.model_copy(
        update={
            "stream": meta,
            "extraction": Conv2dConfig(features=(3,), steps="maps"),
            "temporal": ConvLstmConfig(hidden=2),
        }
    )
    net = build_net(blueprint, seed=0)
    features = (tmp_path / "features.npy", tmp_path / "feature_lengths.npy")

    write_features(net, reader, features[0], device=CPU, lengths=features[1])
    kept = FeatureReader(reader, features[0], lengths=features[1])

    assert kept.features.shape == (10, 3, 3, 2)
    np.testing.assert_allclose(
        predict(FrozenNet(net), kept, device=CPU), predict(net, reader, device=CPU), atol=1e-6
    )
