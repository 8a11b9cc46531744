"""What happens between epochs: the history, the best weights, stopping early, and the checkpoint."""

import logging
import math
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer
from torch import Tensor, distributed, nn

from pipeline.foundation.errors import DataError, MachineError
from pipeline.foundation.records import told
from pipeline.training.config import TrainingConfig
from pipeline.training.device import Device
from pipeline.training.module import NetModule
from pipeline.training.resume import save_checkpoint

log = logging.getLogger("pipeline")

Row = dict[str, float]


class Course(Callback):
    """Keeps one row per epoch and the weights of one; all of it survives a kill in the checkpoint."""

    def __init__(
        self, config: TrainingConfig, device: Device, checkpoint: Path, *, frozen_epochs: int = 0
    ) -> None:
        self.config = config
        self.device = device
        self.checkpoint = checkpoint
        self.frozen_epochs = frozen_epochs
        self.history: list[Row] = []
        self.resumed = 0
        """Epochs that an earlier process had finished."""

        self.kept_weights: dict[str, Tensor] = {}

    @property
    def epoch(self) -> int:
        """Epochs that are finished."""
        return len(self.history)

    @property
    def kept(self) -> Row:
        """The row of the epoch whose weights count: with the lowest val loss, the first of equals; or the last."""
        if self.config.keep == "last":
            return self.history[-1]
        return min(self.history, key=lambda row: row["val/loss"])

    @property
    def is_over(self) -> bool:
        """Whether all epochs are done, or the best is too long ago."""
        since = max(int(self.kept["epoch"]), self.frozen_epochs) if self.history else 0
        waited = self.epoch - since  # what is frozen gets its chance before patience runs out
        out_of_patience = self.config.patience > 0 and waited >= self.config.patience
        return self.epoch >= self.config.epochs or out_of_patience

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say where the training runs, after making sure that it runs there.

        Raises:
            MachineError: Other processes came together than the settings say.
        """
        together = distributed.get_world_size() if distributed.is_initialized() else 1
        if together != self.device.world:
            raise MachineError(
                f"training.devices={self.device.devices} and training.nodes={self.device.nodes} want "
                f"{self.device.world} processes, and {together} came together"
            )
        log.info("training on %s", self.device)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say where a resumed training goes on, and stop at once one that was over already."""
        self.resumed = self.epoch
        if self.history:
            log.info("going on after epoch %d, which a stopped run had finished", self.epoch)
        trainer.should_stop = self.is_over

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the row of the epoch, keep the weights if they are to be kept, save, and stop if it is time."""
        if not isinstance(pl_module, NetModule) or "train/loss" not in pl_module.tally.sums:
            return  # Lightning ends the last epoch of a checkpoint once more after loading it
        self.history.append(self._row(trainer, pl_module))
        if self.kept is self.history[-1]:
            self.kept_weights = _copy(pl_module.net)
        save_checkpoint(trainer, self.checkpoint)
        self._tell()
        trainer.should_stop = self.is_over

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run needs: plain numbers and tensors."""
        return {"history": self.history, "kept_weights": self.kept_weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up what :meth:`state_dict` gave."""
        self.history = state_dict["history"]
        self.kept_weights = state_dict["kept_weights"]

    def _row(self, trainer: Trainer, module: NetModule) -> Row:
        names, totals = module.tally.take()
        totals = trainer.strategy.reduce(totals, reduce_op="sum")
        sums, rows = totals.tolist()
        means = {name: total / count for name, total, count in zip(names, sums, rows, strict=True)}
        row = {"epoch": self.epoch + 1, **means, "learning_rate": module.learning_rate}
        self._require_finite(row)
        return row

    def _require_finite(self, row: Row) -> None:
        for name in ("train/loss", "val/loss"):
            if not math.isfinite(row[name]):
                raise DataError(
                    f"{name} became {row[name]} in epoch {row['epoch']}; likely causes: "
                    f"training.learning_rate={self.config.learning_rate:g} is too high, the data hold extreme "
                    f"values (preprocessing.scale), training.clip_norm={self.config.clip_norm:g} is 0 or large, "
                    f"or training.precision={self.config.precision} is too narrow"
                )

    def _tell(self) -> None:
        row = self.history[-1]
        measures = "  ".join(f"{name} {value:.4g}" for name, value in row.items() if "/" in name)
        is_best = self.config.keep == "best" and self.kept is row
        log.info(
            "epoch %d/%d  %s  lr %.2g%s",
            row["epoch"],
            self.config.epochs,
            measures,
            row["learning_rate"],
            "  best" if is_best else "",
            extra=told("epoch", epochs=self.config.epochs, is_best=is_best, **row),
        )


def _copy(net: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in net.state_dict().items()}
