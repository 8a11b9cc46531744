"""A bar that moves while an epoch is trained, for a person at a terminal."""

import sys
import time
from typing import TextIO

from pytorch_lightning import Callback, LightningModule, Trainer

from pipeline.training.batches import Batch

WIDTH = 30
PAUSE_SECONDS = 0.1
"""Between two drawings at least: a bar that is drawn at every step can cost more than the step."""

CLEAR_LINE = "\r\x1b[2K"


class ProgressBar(Callback):
    """Draws one line over itself and takes it away at the end of the epoch, when the line with the losses comes.

    The epochs before are in the log, so nothing is lost where there is no terminal.
    """

    def __init__(self, epochs: int, stream: TextIO | None = None) -> None:
        self.epochs = epochs
        self.stream = stream or sys.stdout
        self.started = self.drawn = 0.0

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        self.started = time.monotonic()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: object, batch: Batch, batch_idx: int
    ) -> None:
        """Draw the bar, if it was not drawn just now."""
        now = time.monotonic()
        if now - self.drawn < PAUSE_SECONDS or not trainer.is_global_zero:
            return
        self.drawn = now
        done = (batch_idx + 1) / trainer.num_training_batches
        left = (now - self.started) * (1 / done - 1)
        full = round(WIDTH * done)
        bar = "━" * full + "─" * (WIDTH - full)
        epoch = trainer.current_epoch + 1
        self.stream.write(f"{CLEAR_LINE}epoch {epoch}/{self.epochs} {bar} {done:4.0%}, {left:.0f} s left")
        self.stream.flush()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the bar away."""
        if trainer.is_global_zero:
            self.stream.write(CLEAR_LINE)
            self.stream.flush()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Take the bar away, so that the error has a line of its own."""
        self.on_train_epoch_end(trainer, pl_module)
