"""Prediction tables of models of a chosen skill, and the cases made of them."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.evaluation.case import Case
from pipeline.evaluation.config import EvaluationConfig
from pipeline.evaluation.division import Division
from pipeline.evaluation.judge import Entrant
from pipeline.evaluation.judged import History
from pipeline.leakage.findings import Findings

MODEL = "cnn-lstm"
START = datetime(2024, 3, 1)


def class_table(target, probability, classes, *, groups=None, times=None) -> pl.DataFrame:
    """Return a classification table of the documented form."""
    names = np.asarray(classes, dtype=object)
    count = len(target)
    frame = {
        "sample_id": np.arange(count) + 100,
        "group": pl.Series(groups or [None] * count, dtype=pl.String),
        "time": pl.Series(times or [None] * count, dtype=pl.Datetime("us")),
        "step": np.zeros(count, np.int32),
        "target": pl.Series(names[target], dtype=pl.String),
        "prediction": pl.Series(names[probability.argmax(axis=1)], dtype=pl.String),
    }
    shares = {f"probability_{name}": probability[:, k].astype(np.float32) for k, name in enumerate(classes)}
    return pl.DataFrame(frame | shares)


def skilled(random, target, classes: int, skill: float):
    """Return probabilities that favour the target the more, the higher ``skill``."""
    logits = random.normal(size=(len(target), classes))
    logits[np.arange(len(target)), target] += skill
    shares = np.exp(2 * logits)
    return shares / shares.sum(axis=1, keepdims=True)


def forecast_table(target, prediction, channels, *, groups=None) -> pl.DataFrame:
    """Return a forecast table of the documented form from arrays ``(window, channel, step)``."""
    windows, width, steps = target.shape
    each = width * steps
    ids = np.arange(windows) + 500
    group = [None] * windows if groups is None else groups
    return pl.DataFrame(
        {
            "sample_id": np.repeat(ids, each),
            "group": pl.Series(np.repeat(np.asarray(group, object), each), dtype=pl.String),
            "time": pl.Series(
                [START + timedelta(hours=w) for w in range(windows) for _ in range(each)],
                dtype=pl.Datetime("us"),
            ),
            "step": np.tile(np.arange(1, steps + 1, dtype=np.int32), windows * width),
            "channel": np.tile(np.repeat(np.asarray(channels, object), steps), windows),
            "target": target.reshape(-1).astype(np.float32),
            "prediction": prediction.reshape(-1).astype(np.float32),
        }
    )


def history(epochs: int) -> History:
    """Return a training of so many epochs."""
    epoch = np.arange(epochs, dtype=float)
    return History(MODEL, epoch, np.exp(-epoch / 4), 0.2 + np.exp(-epoch / 5) + 0.01 * epoch)


def make_case(tables, *, overlap=1, scale=None, histories=None, division=None, findings=(), **config) -> Case:
    """Return a case of tables by name; the first is the judged model, ``floor_…`` are floors."""
    names = list(tables)
    roles = ["model", *["floor" if name.startswith("floor") else "rival" for name in names[1:]]]
    return Case(
        entrants=[
            Entrant(name=name, role=role, parameters=1000 - index)
            for index, (name, role) in enumerate(zip(names, roles, strict=True))
        ],
        tables={name: [table.lazy()] for name, table in tables.items()},
        histories=[history(12)] if histories is None else histories,
        config=EvaluationConfig(**config),
        seed=0,
        overlap=overlap,
        scale=scale or {},
        facts={"Stage analyze": "trained for 12 epochs"},
        left_out={},
        division=division or Division(),
        findings=Findings(findings=findings),
    )


def label_table(target, probability, labels, *, threshold=0.5, groups=None) -> pl.DataFrame:
    """Return a multilabel table of the documented form from arrays ``(sample, label)``."""
    count, width = target.shape
    group = [None] * count if groups is None else groups
    return pl.DataFrame(
        {
            "sample_id": np.repeat(np.arange(count) + 100, width),
            "group": pl.Series(np.repeat(np.asarray(group, object), width), dtype=pl.String),
            "time": pl.Series([None] * count * width, dtype=pl.Datetime("us")),
            "step": np.zeros(count * width, np.int32),
            "label": pl.Series(list(labels) * count, dtype=pl.String),
            "target": target.reshape(-1).astype(bool),
            "prediction": (probability >= threshold).reshape(-1),
            "probability": probability.reshape(-1).astype(np.float32),
        }
    )


@pytest.fixture
def label_case() -> Callable[..., Case]:
    """Return a function that makes a case of a model, a rival and a floor that answer several labels."""

    def make(labels, *, count=400, skills=(3.0, 1.5), groups=None, **rest):
        random = np.random.default_rng(5)
        shares = 0.5 / np.sqrt(np.arange(1, len(labels) + 1))
        target = random.uniform(size=(count, len(labels))) < shares
        target[0, 0] = True
        tables = {}
        for name, skill in zip((MODEL, "logistic"), skills, strict=True):
            logits = skill * (2 * target - 1) + random.normal(size=target.shape) * 2
            tables[name] = label_table(target, 1 / (1 + np.exp(-logits)), labels, groups=groups)
        every = np.tile(shares, (count, 1))
        tables["floor_majority"] = label_table(target, every, labels, threshold=0.0, groups=groups)
        return make_case(tables, **rest)

    return make


@pytest.fixture
def number_case() -> Callable[..., Case]:
    """Return a function that makes a case of a model, a rival and a floor that answer a number."""

    def make(name="price", *, count=300, errors=(0.2, 0.5), unit=100.0, groups=None, **rest):
        random = np.random.default_rng(4)
        target = random.normal(size=count)
        answers = {
            model: target + size * random.normal(size=count)
            for model, size in zip((MODEL, "ridge"), errors, strict=True)
        }
        answers["floor_mean"] = np.zeros(count)
        tables = {
            model: forecast_table(
                unit * (5 + target[:, None, None]), unit * (5 + answer[:, None, None]), [name], groups=groups
            ).with_columns(time=pl.lit(None, pl.Datetime("us")))
            for model, answer in answers.items()
        }
        return make_case(tables, scale={name: unit}, **rest)

    return make


@pytest.fixture
def class_case() -> Callable[..., Case]:
    """Return a function that makes a case of a model, a rival and a floor of given skills."""

    def make(classes, *, count=400, skills=(2.5, 1.5), groups=None, times=None, **rest):
        random = np.random.default_rng(7)
        target = np.arange(count) % len(classes)
        tables = {
            name: class_table(
                target, skilled(random, target, len(classes), skill), classes, groups=groups, times=times
            )
            for name, skill in zip((MODEL, "logistic"), skills, strict=True)
        }
        shares = np.tile(np.eye(len(classes))[0] * 0.1 + 0.9 / len(classes), (count, 1))
        tables["floor_majority"] = class_table(target, shares, classes, groups=groups, times=times)
        return make_case(tables, **rest)

    return make


@pytest.fixture
def forecast_rows() -> Callable[..., pl.DataFrame]:
    """Return what makes a forecast table of arrays."""
    return forecast_table


@pytest.fixture
def forecast_case() -> Callable[..., Case]:
    """Return a function that makes a case of forecasts of a noisy wave, with errors of given sizes."""

    def make(channels, *, windows=300, steps=24, errors=(0.3, 0.5), **rest):
        random = np.random.default_rng(3)
        time = np.arange(windows)[:, None, None] + np.arange(1, steps + 1)
        phase = np.arange(len(channels))[None, :, None]
        noise = random.normal(size=(windows + steps, len(channels)))[time[:, 0] - 0, :].transpose(0, 2, 1)
        target = 5 + phase + np.sin(2 * np.pi * (time / 12 + phase / 5)) + 0.2 * noise
        tables = {
            name: forecast_table(target, target + size * random.normal(size=target.shape), channels)
            for name, size in zip((MODEL, "nlinear"), errors, strict=True)
        }
        tables["floor_last_value"] = forecast_table(
            target, np.repeat(target[:, :, :1], steps, axis=2), channels
        )
        scale = dict.fromkeys(channels, 0.5)
        return make_case(tables, overlap=steps, scale=scale, **rest)

    return make
