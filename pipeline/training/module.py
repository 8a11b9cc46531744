"""How a network is trained, whatever it is: the system around it, in Lightning's terms."""

from collections.abc import Mapping
from typing import assert_never

import numpy as np
import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.optim import AdamW
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, OneCycleLR

from pipeline.model.frozen import FrozenNet
from pipeline.model.net import HybridNet
from pipeline.training.batches import Batch
from pipeline.training.config import TrainingConfig
from pipeline.training.staged import Front, Staging

Net = HybridNet | FrozenNet


class NetModule(LightningModule):
    """One network, one optimiser, and the loss of the network's own head."""

    def __init__(
        self, net: Net, config: TrainingConfig, *, seed: int, steps: int, staging: Staging | None = None
    ) -> None:
        """Keep what training needs.

        Args:
            net: The network; its forward takes the inputs of a batch.
            config: The section ``training``.
            seed: What is drawn at random in a step follows from it and the number of the step.
            steps: Optimiser steps of the whole training.
            staging: How the extractor joins the training; None: like the rest.
        """
        super().__init__()
        self.net = net
        self.config = config
        self.seed = seed
        self.steps = steps
        self.front = Front(net, staging or Staging())
        self.tally = Tally()
        self.learning_rate = 0.0

    def on_train_epoch_start(self) -> None:
        """Let the extractor stay as it is, or learn."""
        self.front.begin(self.current_epoch)

    def on_train_batch_start(self, _batch: Batch, _index: int) -> None:
        """Make what this step draws follow from its number, so that a resumed run draws the same."""
        sequence = np.random.SeedSequence((self.seed, self.global_step, self.global_rank))
        torch.manual_seed(int(sequence.generate_state(1, np.uint64)[0]))

    def training_step(self, batch: Batch, _index: int) -> Tensor:
        """Return this process's part of the loss; the mean over processes is the mean over all rows."""
        self.learning_rate = self.trainer.optimizers[0].param_groups[0]["lr"]
        losses = self.net.head.losses(self.net(*batch.inputs), batch.target)
        self.tally.add({"train/loss": losses.detach()})
        return losses.sum() * (self.trainer.world_size / batch.rows)

    def validation_step(self, batch: Batch, _index: int) -> None:
        """Count up loss and scores."""
        head, answer = self.net.head, self.net(*batch.inputs)
        measures = {"loss": head.losses(answer, batch.target), **head.scores(answer, batch.target)}
        self.tally.add({f"val/{name}": values for name, values in measures.items()})

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Return AdamW over every weight that is trained, and its schedule, which moves every step."""
        optimizer = AdamW(
            self.front.groups(self.config.learning_rate),
            weight_decay=self.config.weight_decay,
            fused=self.config.precision != "16",  # gradients scaled for 16 bits cannot be clipped when fused
        )
        schedule = self._schedule(optimizer)
        if schedule is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _schedule(self, optimizer: AdamW) -> LRScheduler | None:
        match self.config.schedule:
            case "constant":
                return None
            case "onecycle":
                highest = [group["lr"] for group in optimizer.param_groups]
                return OneCycleLR(optimizer, highest, total_steps=self.steps)
            case "cosine":
                return CosineAnnealingLR(optimizer, T_max=self.steps)
            case _:
                assert_never(self.config.schedule)


class Tally:
    """Sums and counts of measures over an epoch, kept on the device and asked for once."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.rows: dict[str, int] = {}

    def add(self, measures: Mapping[str, Tensor]) -> None:
        """Add measures with one value per row."""
        for name, values in measures.items():
            total = values.sum(dtype=torch.float64)
            self.sums[name] = self.sums[name] + total if name in self.sums else total
            self.rows[name] = self.rows.get(name, 0) + len(values)

    def take(self) -> tuple[tuple[str, ...], Tensor]:
        """Return the names and ``(2, name)`` sums and rows of this process, and start again."""
        names = tuple(self.sums)
        sums = torch.stack([self.sums[name] for name in names])
        rows = torch.tensor([self.rows[name] for name in names], dtype=sums.dtype, device=sums.device)
        self.sums, self.rows = {}, {}
        return names, torch.stack([sums, rows])
