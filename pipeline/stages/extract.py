"""The stage that fits the CNN in front, where there is one, and keeps its features if it is to stay frozen."""

import logging
import time

from pipeline.extraction.config import ExtractionConfig
from pipeline.foundation.files import write_json
from pipeline.foundation.paths import Paths
from pipeline.foundation.run import RunConfig
from pipeline.foundation.times import Times, write_times
from pipeline.foundation.words import plural
from pipeline.heads.config import HeadConfig, quantile_levels
from pipeline.model.blueprint import Blueprint
from pipeline.model.build import build_net
from pipeline.model.config import ModelConfig, probe_of
from pipeline.model.net import HybridNet
from pipeline.model.saved import count_parameters, load_extractor, save_extractor
from pipeline.preprocessing.meta import SPLITS
from pipeline.stages.fitting import (
    EXTRACTOR,
    NetReport,
    checkpoint_of,
    choose_thresholds,
    forget,
    settle,
    start_embedding,
    told,
    units,
    write_history,
    write_predictions,
)
from pipeline.stages.streams import open_readers, read_meta
from pipeline.training.config import TrainingConfig
from pipeline.training.device import choose_device
from pipeline.training.fit import fit
from pipeline.training.predict import predict, write_features

log = logging.getLogger("pipeline")


class ExtractReport(NetReport):
    """How the extractor came to its weights, and how good a CNN alone is."""

    fitted: bool


def extract(
    extraction: ExtractionConfig,
    heads: HeadConfig,
    model: ModelConfig,
    training: TrainingConfig,
    run: RunConfig,
    *,
    data: Paths,
) -> ExtractReport:
    """Fit the extractor under a linear probe, load given weights, or say why there is nothing to do.

    The probe is the CNN, the mean over its steps, and the head: a rival of the hybrid without recurrence.

    Raises:
        DataError: The given weights are of another extractor, or the loss is no number any more.
        ConfigError: Pooling leaves nothing of the input.
    """
    probe_model = probe_of(model)
    if probe_model is None:
        why = f"model.order={model.order} has no CNN that reads the input alone; analyze trains everything"
        return _write_nothing(why, data)
    settle(run)
    meta = read_meta(data)
    blueprint = Blueprint(stream=meta, model=probe_model, extraction=extraction, heads=heads)
    probe = build_net(blueprint, seed=run.seed)
    start_embedding(probe, meta, data)
    if extraction.weights is None and extraction.epochs:
        report = _fit(probe, blueprint, training=training, run=run, data=data)
    else:
        report = _take(probe, extraction, data)
    save_extractor(probe, data.out / EXTRACTOR)
    if extraction.freeze:
        _keep_features(probe, training, data)
    return report


def _fit(
    probe: HybridNet, blueprint: Blueprint, *, training: TrainingConfig, run: RunConfig, data: Paths
) -> ExtractReport:
    config = training.model_copy(update={"epochs": blueprint.extraction.epochs})
    sections = (blueprint.extraction, blueprint.heads, blueprint.model, config, run)
    checkpoint = checkpoint_of("extract", sections, inputs=[data.stage_folder("preprocess")], data=data)
    train, val, test = open_readers(data, "train", "val", "test")
    fitted = fit(
        probe,
        {"train": train, "val": val},
        config=config,
        seed=run.seed,
        checkpoint=checkpoint,
        shift=train.meta.shift,
        flip=train.meta.flip,
    )
    write_history(fitted.history, data.out)
    device = fitted.device.torch
    thresholds = choose_thresholds(probe, blueprint.heads, val, device=device)
    began = time.monotonic()
    answer = predict(probe, test, device=device)
    took = Times(
        train_seconds=fitted.seconds,
        predict_seconds=time.monotonic() - began,
        predicted=len(answer),
        trained=fitted.trained,
    )
    write_times({"probe": took}, "extract", data)
    levels = quantile_levels(blueprint.heads)
    write_predictions(answer, test, data=data, thresholds=thresholds, levels=levels)
    why = f"fitted for {plural(len(fitted.history), 'epoch')} under a linear probe: {told(fitted.val)}"
    _write_meta(why, data, fitted=True)
    forget(checkpoint)
    return ExtractReport(
        summary=f"the extractor ({blueprint.extraction.kind}) was {why}",
        fitted=True,
        model=f"linear probe ({blueprint.extraction.kind})",
        parameters=count_parameters(probe),
        val=fitted.val,
        scale=units(train.meta),
        classes=train.meta.classes,
        thresholds=dict(zip(train.meta.classes, thresholds, strict=False)),
    )


def _take(probe: HybridNet, extraction: ExtractionConfig, data: Paths) -> ExtractReport:
    """Take given weights, or leave the extractor as it was made."""
    if extraction.weights is None:
        why = "extraction.epochs=0 leaves the extractor untrained; analyze trains everything"
    else:
        told = load_extractor(probe, data.source(extraction.weights))
        why = f"extraction.weights={extraction.weights} gives the weights{told and f'; {told}'}"
    _write_meta(why, data, fitted=False)
    return ExtractReport(summary=f"no extractor was fitted: {why}", fitted=False)


def _keep_features(probe: HybridNet, training: TrainingConfig, data: Paths) -> None:
    device = choose_device(training).torch
    for split, reader in zip(SPLITS, open_readers(data, *SPLITS), strict=True):
        lengths = data.out / f"feature_lengths_{split}.npy" if reader.meta.ragged else None
        write_features(probe, reader, data.out / f"features_{split}.npy", device=device, lengths=lengths)
        if probe.second is not None and reader.second is not None:
            path = data.out / f"second_features_{split}.npy"
            lengths = data.out / f"second_feature_lengths_{split}.npy"
            write_features(probe.second, reader.second, path, device=device, lengths=lengths)
    log.info("kept the features of every sample; analyze will not run the CNN again")


def _write_nothing(why: str, data: Paths) -> ExtractReport:
    _write_meta(why, data, fitted=False)
    return ExtractReport(summary=f"no extractor was fitted: {why}", fitted=False)


def _write_meta(why: str, data: Paths, *, fitted: bool) -> None:
    write_json({"fitted": fitted, "why": why}, data.out / "meta.json")
