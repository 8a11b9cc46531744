"""What it costs to know the cell's state at every step: ``python benchmarks/cells.py``.

Processor time of one step forward and backward on one thread: ``nn.LSTM`` alone, the same with the states of its cell,
and a loop over the steps that keeps them.
"""

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.temporal.build import build_encoder
from pipeline.temporal.config import BilstmConfig, LstmConfig

BATCH, STEPS, FEATURES, HIDDEN = 64, 96, 64, 64
ROUNDS = 25


def loop(network: nn.LSTM, x: Tensor) -> Tensor:
    """Return output and cell of every step, one step after the other, the gates of a step in one product."""
    entering, recurrent, *biases = network.all_weights[0]
    given = F.linear(x, entering, biases[0] + biases[1])
    hidden = cell = x.new_zeros(len(x), HIDDEN)
    states = []
    for step in given.unbind(1):
        enter, keep, candidate, leave = torch.addmm(step, hidden, recurrent.t()).chunk(4, dim=1)
        cell = keep.sigmoid() * cell + enter.sigmoid() * candidate.tanh()
        hidden = leave.sigmoid() * cell.tanh()
        states.append(torch.cat([hidden, cell], dim=1))
    return torch.stack(states, dim=1)


def milliseconds(read: Callable[[], Tensor]) -> float:
    """Return the median processor time of reading and going back."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        read().sum().backward()
        rounds.append(1000.0 * (time.process_time() - start))
    return statistics.median(rounds)


def main() -> None:
    """Print a line per way."""
    torch.set_num_threads(1)
    x = torch.randn(BATCH, STEPS, FEATURES)
    ways: dict[str, Callable[[], Tensor]] = {}
    for config in (
        LstmConfig(hidden=HIDDEN),
        LstmConfig(hidden=HIDDEN, states="both"),
        BilstmConfig(hidden=HIDDEN),
        BilstmConfig(hidden=HIDDEN, states="both"),
    ):
        encoder = build_encoder(config, (FEATURES,))
        ways[f"{config.kind}, states={config.states}"] = lambda encoder=encoder: encoder(x)
    network = nn.LSTM(FEATURES, HIDDEN, batch_first=True)
    ways["a loop over the steps"] = lambda: loop(network, x)
    for name, read in ways.items():
        print(f"{name:24} {milliseconds(read):6.1f} ms")


if __name__ == "__main__":
    main()
