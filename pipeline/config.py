"""``params.yaml`` as one typed tree, made of the rooms' configs."""

from collections.abc import Iterator
from typing import Literal

from pydantic import NonNegativeInt, PositiveInt, model_validator

from pipeline.baselines.config import BaselinesConfig
from pipeline.evaluation.config import EvaluationConfig
from pipeline.extraction.config import Conv2dConfig, ExtractionConfig
from pipeline.foundation.run import RunConfig
from pipeline.foundation.section import Section
from pipeline.heads.config import ClassifyConfig, HeadConfig
from pipeline.model.config import ModelConfig
from pipeline.preprocessing.config import ImagesConfig, PreprocessingConfig
from pipeline.quality.config import QualityConfig
from pipeline.sources.config import CsvConfig, DigitsConfig, ParquetConfig, SourceConfig
from pipeline.temporal.config import LstmConfig, TemporalConfig
from pipeline.training.config import TrainingConfig


class FlowConfig(Section):
    """What the Prefect flow allows each stage; the stages themselves never see it."""

    deadline_seconds: PositiveInt = 3600
    """A stage still running after this is ended, with every process it started."""

    retries: NonNegativeInt = 2
    """Further tries after a failure that waiting can mend (a lock, a remote); never after bad data."""

    retry_delay_seconds: PositiveInt = 5
    """Pause before the first retry; it doubles each time."""


class Config(Section):
    """Every number of an experiment; one section per room."""

    version: Literal[1] = 1
    """Version of this file's layout."""

    run: RunConfig = RunConfig()
    flow: FlowConfig = FlowConfig()
    sources: SourceConfig = DigitsConfig()
    quality: QualityConfig = QualityConfig()
    preprocessing: PreprocessingConfig = ImagesConfig()
    baselines: BaselinesConfig = BaselinesConfig()
    extraction: ExtractionConfig = Conv2dConfig()
    temporal: TemporalConfig = LstmConfig()
    heads: HeadConfig = ClassifyConfig()
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()
    evaluation: EvaluationConfig = EvaluationConfig()

    @model_validator(mode="after")
    def _rooms_fit_together(self) -> "Config":
        for problem in contradictions(self):
            raise ValueError(problem)
        return self


def contradictions(config: Config) -> Iterator[str]:
    """Yield a sentence for each pair of settings that cannot both hold."""
    yield from _data_contradictions(config)
    yield from _network_contradictions(config)


def _data_contradictions(config: Config) -> Iterator[str]:
    sources, preprocessing, heads = config.sources, config.preprocessing, config.heads
    is_table = isinstance(sources, (CsvConfig, ParquetConfig))
    needed = "windows" if is_table else "images"
    if preprocessing.kind != needed:
        yield (
            f"sources.kind={sources.kind} gives {'series' if is_table else 'images'}, which needs "
            f"preprocessing.kind={needed}, not {preprocessing.kind}"
        )
    if heads.kind == "forecast" and not is_table:
        yield f"heads.kind=forecast needs a series, and sources.kind={sources.kind} gives images; use classify"
    if isinstance(sources, (CsvConfig, ParquetConfig)) and heads.kind == "classify" and not sources.target:
        yield "heads.kind=classify needs sources.target, the column that holds the class"
    shift, frames = getattr(preprocessing, "shift", 0), getattr(preprocessing, "frames", None)
    if shift and (
        frames == "patches" or (frames != "whole" and getattr(preprocessing, "colour", None) == "rgb")
    ):
        yield (
            f"preprocessing.shift={shift} moves whole images, or rows and columns of grey ones; "
            f"preprocessing.frames={frames} needs shift=0"
        )
    kind = preprocessing.split.kind
    allowed = ("time", "group") if is_table else ("stratified", "group", "given")
    if kind not in allowed:
        yield (
            f"preprocessing.split.kind={kind} would leak or means nothing for preprocessing.kind="
            f"{preprocessing.kind}; allowed: {', '.join(allowed)}"
        )
    has_group = getattr(sources, "group", None) or getattr(sources, "group_pattern", None)
    if kind == "group" and not has_group:
        name = "sources.group" if is_table else "sources.group_pattern"
        yield f"preprocessing.split.kind=group needs {name}, which says what belongs together"


def _network_contradictions(config: Config) -> Iterator[str]:
    model, extraction, frames = config.model, config.extraction, getattr(config.preprocessing, "frames", None)
    if model.order != "lstm":
        yield from _extraction_contradictions(config, frames)
    if frames == "whole" and model.order in ("lstm", "lstm-cnn", "parallel"):
        yield (
            f"model.order={model.order} gives the image to the recurrent network first, and "
            f"preprocessing.frames=whole is a single step; use frames=rows, columns or patches"
        )
    shift: int = getattr(config.preprocessing, "shift", 0)
    if extraction.freeze and shift:
        yield (
            f"extraction.freeze=true computes the features once, so preprocessing.shift={shift} could not move the "
            f"images anew in every epoch; set shift=0"
        )
    if extraction.freeze and (
        model.order not in ("cnn-lstm", "cnn") or model.repeat > 1 or model.channels == "each"
    ):
        yield (
            f"extraction.freeze=true keeps the features of one CNN that comes first, which needs model.order=cnn-lstm "
            f"or cnn, repeat=1 and channels=together; they are {model.order}, {model.repeat} and {model.channels}"
        )
    if config.heads.kind != "forecast":
        for name, value in (("input_norm", "instance"), ("channels", "each")):
            if getattr(model, name) == value:
                yield f"model.{name}={value} is for forecasts, and heads.kind={config.heads.kind}"


def _extraction_contradictions(config: Config, frames: str | None) -> Iterator[str]:
    model, kind = config.model, config.extraction.kind
    if frames in ("whole", "patches") and kind == "conv1d" and model.order != "lstm-cnn":
        yield f"extraction.kind=conv1d cannot read preprocessing.frames={frames}; images need extraction.kind=conv2d"
    elif frames in ("rows", "columns") and kind == "conv2d":
        yield f"extraction.kind=conv2d cannot read preprocessing.frames={frames}; vectors need extraction.kind=conv1d"
    elif frames is None and kind == "conv2d":
        yield "extraction.kind=conv2d needs images; a series needs extraction.kind=conv1d"
    if kind == "conv2d" and (model.repeat > 1 or model.order == "lstm-cnn"):
        yield (
            f"model.order={model.order} with model.repeat={model.repeat} convolves over features, which needs "
            f"extraction.kind=conv1d"
        )
