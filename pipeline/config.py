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
    if is_table and heads.kind == "classify" and sources.target is None:
        yield "heads.kind=classify needs sources.target, the column that holds the class"
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
    model, extraction, heads = config.model, config.extraction, config.heads
    frames = getattr(config.preprocessing, "frames", "rows")
    vectors = frames in ("rows", "columns")
    uses_cnn = model.order != "lstm"
    if uses_cnn and vectors == (extraction.kind == "conv2d"):
        want = "conv1d" if vectors else "conv2d"
        yield (
            f"extraction.kind={extraction.kind} cannot read preprocessing.frames={frames}: "
            f"{'vectors' if vectors else 'images'} need extraction.kind={want}"
            if hasattr(config.preprocessing, "frames")
            else "extraction.kind=conv2d needs images; a series needs extraction.kind=conv1d"
        )
    if frames == "whole" and model.order in ("lstm", "lstm-cnn", "parallel"):
        yield (
            f"model.order={model.order} gives the image to the recurrent network first, and "
            f"preprocessing.frames=whole is a single step; use frames=rows, columns or patches"
        )
    if model.order == "lstm-cnn" and extraction.kind == "conv2d" and frames == "patches":
        yield "model.order=lstm-cnn convolves over recurrent features, which needs extraction.kind=conv1d"
    if model.repeat > 1 and extraction.kind == "conv2d" and uses_cnn:
        yield (
            f"model.repeat={model.repeat} stacks blocks of vectors, which needs extraction.kind=conv1d, not conv2d"
        )
    if extraction.freeze and model.order not in ("cnn-lstm", "cnn"):
        yield (
            f"extraction.freeze=true keeps features of a CNN that comes first, and model.order={model.order} "
            f"does not start with one; use order=cnn-lstm or freeze=false"
        )
    if extraction.freeze and (model.repeat > 1 or model.channels == "each"):
        yield "extraction.freeze=true works with model.repeat=1 and model.channels=together only"
    if heads.kind != "forecast":
        for name, value in (("input_norm", "instance"), ("channels", "each")):
            if getattr(model, name) == value:
                yield f"model.{name}={value} is for forecasts, and heads.kind={heads.kind}"
