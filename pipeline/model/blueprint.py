"""What a network is built from: enough to build it again anywhere."""

from pydantic import BaseModel, ConfigDict

from pipeline.extraction.config import ExtractionConfig
from pipeline.heads.config import HeadConfig
from pipeline.model.config import ModelConfig
from pipeline.model.streams import channel_groups
from pipeline.preprocessing.meta import StreamMeta
from pipeline.temporal.config import LstmConfig, TemporalConfig


class Blueprint(BaseModel):
    """The sections that shape a network, and the stream that it reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stream: StreamMeta
    model: ModelConfig
    extraction: ExtractionConfig
    heads: HeadConfig
    temporal: TemporalConfig = LstmConfig()
    """Unused where ``model.order`` is ``cnn``."""

    thresholds: tuple[float, ...] = ()
    """Labels: from which probability on each is predicted, as val chose; empty: 0.5, or the head asks no labels."""

    @property
    def name(self) -> str:
        """The network in a few words, such as ``lstm-cnn ×3 (lstm, conv1d)`` or ``cnn (conv1d, 2 streams, static)``."""
        rooms = {"cnn": self.extraction.kind, "lstm": self.temporal.kind}
        order = {"parallel": ["cnn", "lstm"]}.get(self.model.order, self.model.order.split("-"))
        times = f" ×{self.model.repeat}" if self.model.repeat > 1 else ""
        told: list[str] = [rooms[room] for room in order]
        count = max(len(channel_groups(self.stream, self.model.streams)), 1) + (
            self.stream.second is not None
        )
        told += [f"{count} streams"] if count > 1 else []
        told += ["static"] if self.stream.static else []
        return f"{self.model.order}{times} ({', '.join(told)})"
