"""Which batches Lightning gets, in whichever process it asks."""

from collections.abc import Callable, Mapping

from pytorch_lightning import LightningDataModule

from pipeline.preprocessing.meta import Split
from pipeline.training.batches import Batches, Samples
from pipeline.training.plan import Draw, Plan


class StreamData(LightningDataModule):
    """Train and val batches; each process takes its part of every step."""

    def __init__(
        self,
        samples: Mapping[Split, Samples],
        *,
        batch_size: int,
        seed: int,
        draw: Draw,
        epoch: Callable[[], int],
    ) -> None:
        """Keep what the batches are made of.

        Args:
            samples: The splits ``train`` and ``val``.
            batch_size: Rows of a step over all processes.
            seed: What is drawn at random for the training samples follows from it.
            draw: What is done with the training samples.
            epoch: Asked for the number of finished epochs whenever an epoch begins.
        """
        super().__init__()
        self.samples = samples
        self.batch_size = batch_size
        self.seed = seed
        self.draw = draw
        self.epoch = epoch

    def train_dataloader(self) -> Batches:
        """Return the training batches, in another order every epoch."""
        return Batches(self.samples["train"], self._plan(least=2), epoch=self.epoch, draw=self.draw)

    def val_dataloader(self) -> Batches:
        """Return the val batches: every row once, whichever process reads it."""
        return Batches(self.samples["val"], self._plan(least=1))

    def _plan(self, *, least: int) -> Plan:
        rank, world = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        return Plan(seed=self.seed, batch_size=self.batch_size, rank=rank, world=world, least=least)
