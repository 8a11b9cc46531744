import pytest
import torch

from pipeline.heads.config import ForecastConfig
from pipeline.heads.forecast import ForecastHead


def test_a_forecast_has_every_step_of_the_horizon_for_every_target():
    head = ForecastHead(ForecastConfig(horizon=5), 4, targets=2)

    assert head(torch.randn(3, 4)).shape == (3, 5, 2)


@pytest.mark.parametrize(("loss", "expected"), [("mse", 2.5), ("mae", 1.5), ("huber", 1.0)])
def test_losses_are_averaged_over_horizon_and_targets(loss, expected):
    head = ForecastHead(ForecastConfig(horizon=1, loss=loss), 4, targets=2)
    answer, target = torch.tensor([[[1.0, 2.0]]]), torch.zeros(1, 1, 2)

    assert head.losses(answer, target).tolist() == [pytest.approx(expected)]


def test_scores_are_squared_and_absolute_error():
    head = ForecastHead(ForecastConfig(horizon=1, loss="huber"), 4, targets=2)

    scores = head.scores(torch.tensor([[[1.0, 2.0]]]), torch.zeros(1, 1, 2))

    assert scores["mse"].tolist() == [2.5] and scores["mae"].tolist() == [1.5]
