import pytest
import torch
from pydantic import ValidationError

from pipeline.heads.config import ForecastConfig
from pipeline.heads.quantile import QuantileHead


def head(quantiles=(0.1, 0.5, 0.9), *, horizon=1, targets=1):
    torch.manual_seed(0)
    return QuantileHead(
        ForecastConfig(horizon=horizon, loss="pinball", quantiles=quantiles), 4, targets=targets
    )


def test_an_answer_has_every_quantile_of_every_step_and_target():
    assert head(horizon=5, targets=2)(torch.randn(3, 4)).shape == (3, 5, 2, 3)


@pytest.mark.parametrize(
    "quantiles", [(0.1, 0.5, 0.9), (0.01, 0.3, 0.4, 0.5, 0.6), (0.2, 0.5, 0.6, 0.7, 0.99)]
)
def test_quantiles_never_cross_whatever_is_answered(quantiles):
    answer = head(quantiles, horizon=3, targets=2)(100 * torch.randn(200, 4))

    assert (answer.diff(dim=3) >= 0).all()


def test_the_median_is_free_and_the_others_stand_at_a_distance_from_it():
    network = head((0.1, 0.3, 0.5, 0.9))
    with torch.no_grad():
        network.linear.weight.zero_()
        network.linear.bias.copy_(torch.tensor([0.0, 0.0, -7.0, 0.0]))

    answer = network(torch.zeros(1, 4)).flatten()

    away = torch.log(torch.tensor(2.0))  # softplus of 0
    torch.testing.assert_close(answer, torch.stack([-7 - 2 * away, -7 - away, -7 + 0 * away, -7 + away]))


def test_the_pinball_loss_is_the_one_worked_by_hand():
    answer = torch.tensor([[[[1.0, 2.0, 4.0]]], [[[1.0, 2.0, 4.0]]]])
    target = torch.tensor([[[3.0]], [[0.0]]])

    losses = head().losses(answer, target)

    # The target above a quantile costs level * distance, below it (1 - level) * distance.
    expected = [(0.2 + 0.5 + 0.1) / 3, (0.9 + 1.0 + 0.4) / 3]
    torch.testing.assert_close(losses, torch.tensor(expected))


def test_scores_are_the_errors_of_the_median_and_what_the_band_covers():
    answer = torch.tensor([[[[1.0, 2.0, 4.0]], [[1.0, 2.0, 4.0]]]])  # two steps

    scores = head(horizon=2).scores(answer, torch.tensor([[[4.0], [5.0]]]))

    assert {name: value.tolist() for name, value in scores.items()} == {
        "mse": [6.5], "mae": [2.5], "covered": [0.5],
    }  # fmt: skip


def test_training_finds_the_quantiles_of_what_it_sees():
    network, generator = head(), torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.05)
    target = torch.rand(4000, 1, 1, generator=generator)

    for _ in range(400):
        loss = network.loss(network(torch.ones(4000, 4)), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    found = network(torch.ones(1, 4)).flatten()
    torch.testing.assert_close(found, torch.tensor([0.1, 0.5, 0.9]), atol=0.03, rtol=0)


@pytest.mark.parametrize("quantiles", [(0.1, 0.9), (0.5, 0.9), (0.9, 0.5, 0.1), (0.1, 0.5, 0.5, 0.9), ()])
def test_quantiles_that_do_not_rise_through_the_median_are_refused(quantiles):
    with pytest.raises(ValidationError, match=r"has to rise, with 0.5 between"):
        ForecastConfig(quantiles=quantiles)
