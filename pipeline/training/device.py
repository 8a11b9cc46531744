"""Where a training runs: kind and number of devices, and the width of the numbers."""

from dataclasses import dataclass
from typing import Literal, cast

import torch

from pipeline.foundation.errors import ConfigError, MachineError
from pipeline.training.config import TrainingConfig

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]


@dataclass(frozen=True)
class Device:
    """What the settings come to on this machine."""

    kind: Literal["cpu", "gpu"]
    devices: int
    nodes: int
    precision: Precision

    @property
    def world(self) -> int:
        """Processes that train together."""
        return self.devices * self.nodes

    @property
    def backend(self) -> str:
        """What the processes talk through."""
        return "gloo" if self.kind == "cpu" else "nccl"

    @property
    def torch(self) -> torch.device:
        """The one device that predicts."""
        return torch.device("cuda" if self.kind == "gpu" else "cpu")

    def __str__(self) -> str:
        """Say it for a person: ``cpu, 2 processes, gloo``."""
        name = "cpu" if self.kind == "cpu" else torch.cuda.get_device_name()
        parts = [name]
        if self.world > 1:
            parts += [f"{self.world} processes", self.backend]
        if self.precision != "32-true":
            parts.append(self.precision)
        return ", ".join(parts)


def choose_device(config: TrainingConfig) -> Device:
    """Return where to train.

    Raises:
        MachineError: A GPU, or more of them than there are, is asked for.
        ConfigError: 16-bit floats on a CPU.
    """
    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if config.accelerator == "gpu" and not there:
        raise MachineError(
            "training.accelerator=gpu, and torch sees no GPU here; use training.accelerator=auto or cpu, or "
            "install a torch built for the GPU"
        )
    kind: Literal["cpu", "gpu"] = "gpu" if there and config.accelerator != "cpu" else "cpu"
    if kind == "gpu" and config.devices > there:
        raise MachineError(f"training.devices={config.devices}, and torch sees {there} GPUs here; lower it")
    return Device(kind, config.devices, config.nodes, _precision(config, kind))


def _precision(config: TrainingConfig, kind: str) -> Precision:
    if config.precision == "auto":
        mixed = kind == "gpu" and torch.cuda.is_bf16_supported(including_emulation=False)
        return "bf16-mixed" if mixed else "32-true"
    if config.precision == "16" and kind == "cpu":
        raise ConfigError(
            "training.precision=16 needs a GPU, and this training runs on a CPU; use auto, 32 or bf16"
        )
    widths = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}
    return cast(Precision, widths[config.precision])
