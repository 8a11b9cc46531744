"""What ``make results`` trains: each a project, as a user would write its ``params.yaml``."""

from dataclasses import dataclass, field
from typing import Any

from pipeline.config import Config

MNIST_ROWS: dict[str, Any] = {
    "sources": {"kind": "idx", "path": "mnist"},
    "preprocessing": {
        "kind": "images", "height": 28, "width": 28, "frames": "rows", "shift": 1,
        "split": {"kind": "given", "val": 0.1},
    },
    "extraction": {"kind": "conv1d", "features": [64], "kernel": 3, "pool": 2, "dropout": 0.1},
    "temporal": {"kind": "lstm", "hidden": 128, "dropout": 0.1},
    "model": {"order": "lstm-cnn", "pooling": "flatten", "dropout": 0.3, "input_norm": "batch"},
    "training": {"epochs": 5, "batch_size": 128, "learning_rate": 3e-3, "patience": 0},
}  # fmt: skip
TWO_EPOCHS: dict[str, Any] = {"training": {"epochs": 2, "batch_size": 32}, "extraction": {"epochs": 1}}


@dataclass(frozen=True)
class Experiment:
    """One row of the page."""

    name: str
    title: str
    metric: str
    claim: str
    """What others report, with its source."""

    data: str | None
    """Folder or file of the data set; None: it arrives with a dependency."""

    tree: dict[str, Any]
    seeds: int = 1
    short: dict[str, Any] = field(default_factory=dict)
    """Settings of the shortened version that the tests run."""

    def config(self, data: str, seed: int, *, short: bool = False) -> Config:
        """Return the project's config with the data in the folder ``data``."""
        tree = merged(self.tree, self.short if short else {})
        tree["run"] = {"seed": seed, "threads": 2}
        if self.data is not None:
            tree["sources"] = {**tree["sources"], "path": f"{data}/{self.data}"}
        return Config.model_validate(tree)


def merged(tree: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return ``tree`` with the nested settings of ``over`` laid over it."""
    out = dict(tree)
    for key, value in over.items():
        out[key] = merged(out.get(key, {}), value) if isinstance(value, dict) else value
    return out


EXPERIMENTS = (
    Experiment(
        name="digits",
        title="Digits of scikit-learn, CNN-LSTM",
        metric="accuracy",
        claim="target 0.97, above logistic regression",
        data=None,
        tree={},
        seeds=5,
    ),
    Experiment(
        name="mnist-lstm-cnn",
        title="MNIST, LSTM-CNN, one block",
        metric="accuracy",
        claim="0.98267 on val (the paper of the LSTM-CNN block)",
        data="mnist",
        tree=MNIST_ROWS,
        short=TWO_EPOCHS,
    ),
    Experiment(
        name="mnist-lstm-cnn-3",
        title="MNIST, LSTM-CNN, three blocks",
        metric="accuracy",
        claim="0.9929 on val (the same paper)",
        data="mnist",
        tree=merged(
            MNIST_ROWS,
            {"temporal": {"kind": "bilstm", "hidden": 64}, "model": {"repeat": 3}, "training": {"epochs": 8}},
        ),
        short=TWO_EPOCHS,
    ),
    Experiment(
        name="mnist-cnn-lstm",
        title="MNIST, CNN-LSTM",
        metric="accuracy",
        claim="0.97074 on val (the same paper)",
        data="mnist",
        tree=merged(
            MNIST_ROWS,
            {
                "preprocessing": {"frames": "whole"},
                "extraction": {"kind": "conv2d", "features": [32, 64], "dropout": 0.0, "epochs": 1},
                "temporal": {"hidden": 64, "dropout": 0.0},
                "model": {"order": "cnn-lstm", "pooling": "mean", "dropout": 0.2, "input_norm": "none"},
                "training": {"epochs": 6},
            },
        ),
        short=TWO_EPOCHS,
    ),
    Experiment(
        name="etth1",
        title="ETTh1, look-back 96, horizon 96, CNN-LSTM",
        metric="mse",
        claim="TimeMixer 0.375, DLinear 0.397, PatchTST 0.460, Informer 0.865 (published tables, look-back 96)",
        data="ett/ETTh1.csv",
        tree={
            "sources": {"kind": "csv", "path": "ETTh1.csv", "time": "date"},
            "preprocessing": {
                "kind": "windows", "window": 96, "split": {"kind": "time", "train": 8640, "val": 2880, "test": 2880},
            },
            "heads": {"kind": "forecast", "horizon": 96},
            "extraction": {
                "kind": "conv1d", "features": [32], "kernel": 8, "stride": 4, "pool": 1, "normalisation": "none",
                "activation": "gelu", "epochs": 1,
            },
            "temporal": {"kind": "lstm", "hidden": 64},
            "model": {"pooling": "flatten", "dropout": 0.3, "input_norm": "instance", "channels": "each"},
            "training": {"epochs": 8, "batch_size": 64, "learning_rate": 1e-3, "patience": 3},
        },
        seeds=3,
        short={"training": {"epochs": 2}},
    ),
)  # fmt: skip
