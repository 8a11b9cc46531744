"""Networks in tests are small: on one thread they do not wait for one another."""

import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread():
    """Let several workers share the processors; more threads than processors cost many times the work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
