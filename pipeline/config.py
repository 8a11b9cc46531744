"""``params.yaml`` as one typed tree, made of the rooms' configs."""

from typing import Literal, Self

from pydantic import NonNegativeInt, PositiveInt, model_validator

from pipeline.baselines.config import BaselinesConfig
from pipeline.contradictions import contradictions
from pipeline.evaluation.config import EvaluationConfig
from pipeline.extraction.config import Conv2dConfig, ExtractionConfig
from pipeline.foundation.addresses import holds_password, refusal, shown
from pipeline.foundation.run import RunConfig
from pipeline.foundation.section import Section
from pipeline.heads.config import ClassifyConfig, HeadConfig
from pipeline.model.config import ModelConfig
from pipeline.preprocessing.config import ImagesConfig, PreprocessingConfig
from pipeline.quality.config import QualityConfig
from pipeline.registry.config import RegistryConfig
from pipeline.sources.config import JoinedConfig, SourceConfig
from pipeline.sources.config_media import DigitsConfig
from pipeline.sources.config_tables import is_database
from pipeline.temporal.config import LstmConfig, TemporalConfig
from pipeline.training.config import TrainingConfig


class FlowConfig(Section):
    """What a run is allowed, where its new data come from, and what stays afterwards; no stage sees any of it."""

    deadline_seconds: PositiveInt = 3600
    """A stage still running after this is ended, with every process it started."""

    retries: NonNegativeInt = 2
    """Further tries after a failure that waiting can mend (a lock, a remote); never after bad data."""

    retry_delay_seconds: PositiveInt = 5
    """Pause before the first retry; it doubles each time."""

    wait_seconds: NonNegativeInt = 21600
    """How long a scheduled run waits for what somebody runs by hand in the project, before it fails."""

    keep_runs: PositiveInt = 200
    """Runs of each flow (retrain, compare, predict) whose record, log and report are kept; models, results and
    snapshots of data are none of them."""

    keep_snapshots: PositiveInt | None = 30
    """Snapshots of `new_data` that stay in their folder, the newest; older ones are in DVC's cache alone, and come back
    where they are asked for. None: all stay."""

    keep_cache_days: PositiveInt | None = None
    """Days for which DVC's cache keeps what nothing names any more: neither the project as it is, nor a branch, a tag,
    a promoted version or a backfill. Snapshots that left their folder count as named only so long, and what comparisons
    keep in `.convoy` goes as well, so long after its last use. None: for ever."""

    new_data: str | None = None
    """Where new data come from: a file, a folder, a URL, or a database; a run takes a dated snapshot first if it holds
    something new, and takes it back if the gate does not let it pass. None: the data are those that `sources` names."""

    new_query: str | None = None
    """What a database in `new_data` is asked; the snapshot is its answer, as Parquet. Give it an `order by`, or equal
    rows in another order are new data."""

    @model_validator(mode="after")
    def _a_database_is_asked(self) -> Self:
        if holds_password(self.new_data or ""):
            raise ValueError(refusal("flow.new_data"))
        place = None if self.new_data is None else shown(self.new_data)
        is_base = self.new_data is not None and is_database(self.new_data)
        if self.new_query is not None and not is_base:
            raise ValueError(
                f"flow.new_query asks a database, and flow.new_data={place} is none; name its URL "
                f"(sqlite:///…, duckdb:///…, postgresql://…), or drop the query"
            )
        if is_base and self.new_query is None:
            raise ValueError(f"flow.new_data={place} is a database; say what it is asked in flow.new_query")
        return self


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
    registry: RegistryConfig = RegistryConfig()

    @model_validator(mode="after")
    def _no_password_is_written(self) -> "Config":
        parts: list[object] = [self.sources]
        if isinstance(self.sources, JoinedConfig):
            parts = [self.sources.first, *(part.source for part in self.sources.others)]
        if any(holds_password(getattr(part, "path", "")) for part in parts):
            raise ValueError(refusal("sources.path"))
        return self

    @model_validator(mode="after")
    def _rooms_fit_together(self) -> "Config":
        for problem in contradictions(self):
            raise ValueError(problem)
        return self
