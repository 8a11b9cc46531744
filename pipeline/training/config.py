"""How a model is trained: the section ``training`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from pipeline.foundation.section import Section


class TrainingConfig(Section):
    """Optimiser, schedule, stopping and devices."""

    epochs: PositiveInt = 20
    """Passes over the training split at most."""

    batch_size: PositiveInt = 64
    """Samples per step, over all devices together."""

    sampler: Literal["shuffled", "balanced"] = "shuffled"
    """`balanced`: rare classes are drawn more often while training; val and test are read as they are."""

    buckets: bool = True
    """Whether samples of like length stand in one batch, so that less is padded; unequal lengths only."""

    learning_rate: PositiveFloat = 1e-3
    """Highest learning rate of AdamW."""

    weight_decay: Annotated[float, Field(ge=0.0)] = 1e-4
    """Decay of AdamW."""

    schedule: Literal["constant", "onecycle", "cosine"] = "onecycle"
    """How the learning rate moves over all steps."""

    keep: Literal["best", "last"] = "best"
    """Whose weights the network keeps: those of the epoch with the lowest val loss, or of the `last` one, for a val
    that has too few samples to tell epochs apart; it has no say then, and all epochs are trained."""

    patience: NonNegativeInt = 5
    """Epochs without a better val loss before training stops; 0 never stops early, nor does `keep: last`."""

    clip_norm: Annotated[float, Field(ge=0.0)] = 1.0
    """Largest norm of the gradient; 0 leaves it alone."""

    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    """Kind of device."""

    devices: PositiveInt = 1
    """Devices per machine."""

    nodes: PositiveInt = 1
    """Machines."""

    strategy: Literal["auto", "ddp"] = "auto"
    """How devices share the work; `auto` is `ddp` with more than one."""

    precision: Literal["auto", "32", "bf16", "16"] = "auto"
    """Width of the numbers; `auto` mixes in bfloat16 on a GPU that has it, and is 32 bits on a CPU."""
