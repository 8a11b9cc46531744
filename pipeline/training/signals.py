"""SIGTERM ends a training at once: the checkpoint of the last finished epoch is all it needs."""

import signal
import threading

from pytorch_lightning import Callback, LightningModule, Trainer


class OwnSignals(Callback):
    """Puts back the handler of SIGTERM that was there before Lightning's.

    Lightning's handler waits for the end of a step; with several processes it talks to the others from
    inside the handler, in the middle of whatever they are talking about, and all of them hang for ever.
    """

    def __init__(self) -> None:
        self.before = signal.getsignal(signal.SIGTERM)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Put it back; signals belong to the main thread, and Lightning sets them nowhere else."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self.before)
