"""The stage that trains the whole network: extractor, temporal encoder and head in their order."""

import logging
import time

from pipeline.extraction.config import ExtractionConfig
from pipeline.foundation.folder import listed_files
from pipeline.foundation.paths import Paths
from pipeline.foundation.run import RunConfig
from pipeline.foundation.times import Times, write_times
from pipeline.heads.config import HeadConfig, quantile_levels
from pipeline.model.blueprint import Blueprint
from pipeline.model.build import build_net
from pipeline.model.config import ModelConfig
from pipeline.model.frozen import FrozenNet
from pipeline.model.net import HybridNet
from pipeline.model.saved import count_parameters, load_extractor, save_model
from pipeline.preprocessing.meta import SPLITS, Split
from pipeline.preprocessing.stream import SplitReader
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
from pipeline.stages.represented import Represented
from pipeline.stages.streams import open_readers, read_meta
from pipeline.temporal.config import TemporalConfig
from pipeline.training.batches import Samples
from pipeline.training.config import TrainingConfig
from pipeline.training.features import FeatureReader
from pipeline.training.fit import Fitted, fit
from pipeline.training.predict import predict
from pipeline.training.staged import Staging

log = logging.getLogger("pipeline")


class AnalyzeReport(NetReport):
    """What the network is, and how good it is on val."""

    epochs: int
    """Epochs trained."""

    kept_epoch: int
    """The epoch whose weights were kept."""


def analyze(
    temporal: TemporalConfig,
    extraction: ExtractionConfig,
    heads: HeadConfig,
    model: ModelConfig,
    training: TrainingConfig,
    run: RunConfig,
    *,
    data: Paths,
) -> AnalyzeReport:
    """Train the network end to end from the extractor's weights, or on its frozen features; predict test.

    Raises:
        IntegrityError: ``preprocess`` or ``extract`` has not finished, or its files were changed since.
        DataError: The extractor's weights do not fit, or the loss is no number any more.
        ConfigError: Pooling leaves nothing of the input.
    """
    settle(run)
    meta = read_meta(data)
    blueprint = Blueprint(stream=meta, model=model, extraction=extraction, heads=heads, temporal=temporal)
    net = build_net(blueprint, seed=run.seed)
    start_embedding(net, meta, data)
    _take_extractor(net, data)
    trained = FrozenNet(net) if extraction.freeze else net
    readers = dict(zip(SPLITS, open_readers(data, *SPLITS), strict=True))
    samples = _features(net, readers, data) if extraction.freeze else dict[Split, Samples](readers)
    sections = (temporal, extraction, heads, model, training, run)
    inputs = [data.stage_folder("preprocess"), data.stage_folder("extract")]
    checkpoint = checkpoint_of("analyze", sections, inputs=inputs, data=data)
    fitted = fit(
        trained,
        {"train": samples["train"], "val": samples["val"]},
        config=training,
        seed=run.seed,
        checkpoint=checkpoint,
        shift=meta.shift,
        flip=meta.flip,
        staging=Staging(extraction.frozen_epochs, extraction.rate_factor),
    )
    device = fitted.device.torch
    thresholds = choose_thresholds(trained, heads, samples["val"], device=device)
    blueprint = blueprint.model_copy(update={"thresholds": thresholds})
    began = time.monotonic()
    represented = Represented()
    answer = predict(trained, samples["test"], device=device, hear=represented.add)
    took = Times(
        train_seconds=fitted.seconds,
        predict_seconds=time.monotonic() - began,
        predicted=len(answer),
        trained=fitted.trained,
    )
    write_times({blueprint.name: took}, "analyze", data)
    levels = quantile_levels(heads)
    write_predictions(answer, readers["test"], data=data, thresholds=thresholds, levels=levels)
    represented.add_tokens(readers["test"], meta)
    represented.write(data.out)
    save_model(net, blueprint, data.out)
    write_history(fitted.history, data.out)
    forget(checkpoint)
    return _report(blueprint, count_parameters(net), fitted, training=training)


def _take_extractor(net: HybridNet, data: Paths) -> None:
    """Start from what ``extract`` left, where it left weights."""
    if EXTRACTOR in listed_files(data.stage_folder("extract")):
        load_extractor(net, data.read("extract", EXTRACTOR))
        log.info("the extractor starts from data/extract/%s", EXTRACTOR)


def _features(net: HybridNet, readers: dict[Split, SplitReader], data: Paths) -> dict[Split, Samples]:
    """Return the samples as the frozen extractor left them."""
    return {
        split: FeatureReader(
            reader,
            data.read("extract", f"features_{split}.npy"),
            lengths=data.read("extract", f"feature_lengths_{split}.npy") if reader.meta.ragged else None,
            with_windows=net.needs_windows,
            second=_second_features(reader, data),
        )
        for split, reader in readers.items()
    }


def _second_features(reader: SplitReader, data: Paths) -> FeatureReader | None:
    """Return what the frozen extractor made of the second stream, where there is one."""
    if reader.second is None:
        return None
    return FeatureReader(
        reader.second,
        data.read("extract", f"second_features_{reader.split}.npy"),
        lengths=data.read("extract", f"second_feature_lengths_{reader.split}.npy"),
    )


def _report(
    blueprint: Blueprint, parameters: int, fitted: Fitted, *, training: TrainingConfig
) -> AnalyzeReport:
    meta = blueprint.stream
    kept, epochs = int(fitted.kept["epoch"]), len(fitted.history)
    of_all = (
        f"the last of {epochs} epochs" if training.keep == "last" else f"epoch {kept} of {epochs} was best"
    )
    return AnalyzeReport(
        summary=(f"{blueprint.name} with {parameters:,} parameters: {of_all}, {told(fitted.val)}"),
        model=blueprint.name,
        parameters=parameters,
        val=fitted.val,
        scale=units(meta),
        classes=meta.classes,
        thresholds=dict(zip(meta.classes, blueprint.thresholds, strict=False)),
        epochs=epochs,
        kept_epoch=kept,
    )
