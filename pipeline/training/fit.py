"""The one function that trains a network."""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.strategies import DDPStrategy
from torch import distributed

from pipeline.foundation.errors import MachineError
from pipeline.foundation.records import are_wanted
from pipeline.preprocessing.meta import Flip, Split
from pipeline.training.batches import Samples
from pipeline.training.config import TrainingConfig
from pipeline.training.course import Course, Row
from pipeline.training.data import StreamData
from pipeline.training.device import Device, choose_device
from pipeline.training.module import Net, NetModule
from pipeline.training.plan import Draw, Plan
from pipeline.training.progress import ProgressBar
from pipeline.training.quiet import quiet_lightning
from pipeline.training.resume import usable
from pipeline.training.signals import OwnSignals
from pipeline.training.staged import Staging
from pipeline.training.telling import Telling


@dataclass(frozen=True)
class Fitted:
    """What a training came to; the network itself holds the weights that were kept."""

    history: tuple[Row, ...]
    """One row per epoch: ``epoch``, ``train/loss``, ``val/loss``, the head's scores on val, ``learning_rate``."""

    kept: Row
    """The row of the epoch whose weights the network holds."""

    device: Device
    seconds: float = 0.0
    """Of this process; a training that went on after a kill took longer."""

    trained: int = 0
    """Samples that this process went through, each as often as it did."""

    @property
    def val(self) -> dict[str, float]:
        """Loss and scores on val in the epoch that was kept."""
        return {
            name.removeprefix("val/"): value for name, value in self.kept.items() if name.startswith("val/")
        }


def fit(
    net: Net,
    samples: Mapping[Split, Samples],
    *,
    config: TrainingConfig,
    seed: int,
    checkpoint: Path,
    shift: int = 0,
    flip: Flip = "none",
    staging: Staging | None = None,
) -> Fitted:
    """Train ``net`` in place until val stops getting better, and give it the weights of the epoch that is kept.

    With several processes each runs this function; all but the first end in it, since they exist for the
    training only.

    Args:
        net: The network.
        samples: The splits ``train`` and ``val``.
        config: The section ``training``.
        seed: What every random choice follows from.
        checkpoint: File for going on after a kill; if it is there, training goes on from it.
        shift: Pixels by which training images are moved at most.
        flip: How training images are mirrored by chance.
        staging: How the extractor joins the training; None: like the rest.

    Raises:
        DataError: The loss is no number any more.
        ConfigError: There are too few samples for the batch size and the processes.
        MachineError: The device that the settings ask for is not there.
    """
    device = choose_device(config)
    staging = staging or Staging()
    course = Course(config, device, checkpoint, frozen_epochs=staging.frozen_epochs)
    plan = Plan(seed=seed, batch_size=config.batch_size, world=device.world, least=2)
    steps = config.epochs * len(plan.borders(len(samples["train"])))
    module = NetModule(net, config, seed=seed, steps=steps, staging=staging)
    draw = Draw(shift, flip, balanced=config.sampler == "balanced", buckets=config.buckets)
    data = StreamData(samples, batch_size=config.batch_size, seed=seed, draw=draw, epoch=lambda: course.epoch)
    began = time.monotonic()
    with quiet_lightning(), torch.random.fork_rng():
        trainer = _trainer(config, device, course)
        _run(trainer, module, data, resume=checkpoint if usable(checkpoint) else None)
    _leave_helpers(trainer)
    net.load_state_dict(course.kept_weights)
    return Fitted(
        tuple(course.history),
        course.kept,
        device,
        seconds=time.monotonic() - began,
        trained=(course.epoch - course.resumed) * len(samples["train"]),
    )


def _run(trainer: Trainer, module: NetModule, data: StreamData, *, resume: Path | None) -> None:
    try:
        trainer.fit(module, data, ckpt_path=resume, weights_only=True)
    except SystemExit:
        if trainer.interrupted:  # Lightning turns Ctrl-C into an exit without a word
            raise KeyboardInterrupt from None
        raise
    except RuntimeError as error:
        if trainer.world_size > 1 and _is_about_the_others(error):
            raise MachineError(
                f"one of the {trainer.world_size} processes of the training ended or hung, and the others "
                f"cannot go on without it; run again to go on after the last finished epoch"
            ) from error
        raise


def _is_about_the_others(error: RuntimeError) -> bool:
    return isinstance(error, distributed.DistError) or "gloo" in str(error)


def _trainer(config: TrainingConfig, device: Device, course: Course) -> Trainer:
    callbacks: list[Callback] = [course, OwnSignals()]
    if sys.stdout.isatty():
        callbacks.insert(0, ProgressBar(config.epochs))
    if are_wanted():
        callbacks.append(Telling(config.epochs))
    if device.kind == "gpu":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuDNN's LSTM needs it to repeat itself
    return Trainer(
        accelerator=device.kind,
        devices=device.devices,
        num_nodes=device.nodes,
        strategy=_strategy(device, course) if device.world > 1 else "auto",
        precision=device.precision,
        sync_batchnorm=device.kind == "gpu" and device.world > 1,
        use_distributed_sampler=False,  # the batches are dealt by Plan, without padding
        deterministic="warn" if device.kind == "gpu" else None,
        max_epochs=config.epochs,
        gradient_clip_val=config.clip_norm or None,
        callbacks=callbacks,
        num_sanity_val_steps=0,
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=False,
        default_root_dir=course.checkpoint.parent,
    )


def _strategy(device: Device, course: Course) -> DDPStrategy:
    # Weights that get no gradient yet are waited for in vain, unless every step looks which they are.
    return DDPStrategy(process_group_backend=device.backend, find_unused_parameters=course.frozen_epochs > 0)


def _leave_helpers(trainer: Trainer) -> None:
    """Let the first process go on alone."""
    if not distributed.is_available() or not distributed.is_initialized():
        return
    rank = trainer.global_rank
    distributed.destroy_process_group()
    if rank:
        raise SystemExit(0)
