"""How far an answer is from its target: what heads whose answer is a number can make small."""

from typing import Literal, assert_never

from torch import Tensor
from torch.nn import functional as F

ErrorKind = Literal["mse", "mae", "huber"]


def errors(kind: ErrorKind, answer: Tensor, target: Tensor) -> Tensor:
    """Return the error of each number, in the shape of ``answer``."""
    match kind:
        case "mse":
            return F.mse_loss(answer, target, reduction="none")
        case "mae":
            return F.l1_loss(answer, target, reduction="none")
        case "huber":
            return F.huber_loss(answer, target, reduction="none")
        case _:
            assert_never(kind)
