import pytest
import torch

from pipeline.heads.config import RegressConfig
from pipeline.heads.regress import RegressHead


@pytest.mark.parametrize(("loss", "expected"), [("mse", 4.0), ("mae", 2.0), ("huber", 1.5)])
def test_the_loss_is_the_error_that_its_name_says(loss, expected):
    head = RegressHead(RegressConfig(loss=loss), 4)

    losses = head.losses(torch.tensor([[3.0], [1.0]]), torch.tensor([[1.0], [1.0]]))

    assert losses.tolist() == [expected, 0.0]


def test_the_answer_is_one_number_as_the_targets_are_scaled():
    head = RegressHead(RegressConfig(), 4)
    answer = head(torch.randn(5, 4))

    assert answer.shape == (5, 1)
    assert torch.equal(head.decode(answer), answer)
