"""How far an epoch is, for a program that watches the training."""

import logging
import time

from pytorch_lightning import Callback, LightningModule, Trainer

from pipeline.foundation.records import told
from pipeline.training.batches import Batch

PAUSE_SECONDS = 2.0
"""Between two records at least; a look at the clock is all that a step costs."""

log = logging.getLogger("pipeline")


class Telling(Callback):
    """Tells the part of the epoch that is done, now and then; the line at its end has the losses."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.told = time.monotonic()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: object, batch: Batch, batch_idx: int
    ) -> None:
        """Tell it, if that was not done just now."""
        now = time.monotonic()
        if now - self.told < PAUSE_SECONDS:
            return
        self.told = now
        part = (batch_idx + 1) / trainer.num_training_batches
        epoch = trainer.current_epoch + 1
        log.info("", extra=told("progress", epoch=epoch, epochs=self.epochs, part=round(part, 4)))
