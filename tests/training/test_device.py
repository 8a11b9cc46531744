import pytest
import torch

from pipeline.foundation.errors import ConfigError, MachineError
from pipeline.training.config import TrainingConfig
from pipeline.training.device import Device, choose_device

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is there")


@without_gpu
def test_without_a_gpu_training_runs_on_the_cpu_in_32_bits():
    assert choose_device(TrainingConfig()) == Device("cpu", 1, 1, "32-true")


@without_gpu
def test_a_gpu_that_is_not_there_is_refused_in_a_sentence():
    with pytest.raises(MachineError, match=r"training\.accelerator=gpu, and torch sees no GPU"):
        choose_device(TrainingConfig(accelerator="gpu"))


def test_16_bits_on_a_cpu_are_refused_in_a_sentence():
    with pytest.raises(ConfigError, match=r"training\.precision=16 needs a GPU"):
        choose_device(TrainingConfig(accelerator="cpu", precision="16"))


def test_the_device_is_told_in_words():
    assert str(Device("cpu", 1, 1, "32-true")) == "cpu"
    assert str(Device("cpu", 2, 2, "bf16-mixed")) == "cpu, 4 processes, gloo, bf16-mixed"
