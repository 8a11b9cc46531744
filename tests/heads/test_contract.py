"""What every head promises; a new kind is added to KINDS and gets all of it."""

from typing import get_args

import pytest
import torch

from pipeline.heads.build import build_head
from pipeline.heads.config import ClassifyConfig, ForecastConfig, HeadConfig, MultilabelConfig, RegressConfig

KINDS = [
    ClassifyConfig(),
    ClassifyConfig(class_weights="balanced", label_smoothing=0.1),
    ForecastConfig(horizon=4),
    ForecastConfig(horizon=4, loss="mae"),
    ForecastConfig(horizon=4, loss="huber"),
    MultilabelConfig(),
    MultilabelConfig(class_weights="balanced"),
    ForecastConfig(horizon=4, loss="pinball"),
    ForecastConfig(horizon=4, loss="pinball", quantiles=(0.05, 0.25, 0.5, 0.75, 0.95)),
    RegressConfig(),
    RegressConfig(loss="mae"),
    RegressConfig(loss="huber"),
]
every_kind = pytest.mark.parametrize(
    "config", KINDS, ids=[f"{index}-{config.kind}" for index, config in enumerate(KINDS)]
)
BATCH, FEATURES, OUTPUTS = 12, 6, 3


def fresh(config, seed=0):
    torch.manual_seed(seed)
    return build_head(config, FEATURES, outputs=OUTPUTS, class_counts=(10, 20, 30), samples=60)


def pooled():
    return torch.randn(BATCH, FEATURES, generator=torch.Generator().manual_seed(1))


def target(config):
    generator = torch.Generator().manual_seed(2)
    if config.kind == "classify":
        return torch.randint(OUTPUTS, (BATCH,), generator=generator)
    if config.kind == "multilabel":
        return torch.randint(2, (BATCH, OUTPUTS), generator=generator).float()
    if config.kind == "regress":
        return torch.randn(BATCH, 1, generator=generator)
    return torch.randn(BATCH, 4, OUTPUTS, generator=generator)


def test_every_kind_is_covered():
    union = get_args(HeadConfig)[0]

    assert {type(config) for config in KINDS} == set(get_args(union))


@every_kind
def test_the_loss_is_a_finite_number_that_falls_when_one_batch_is_learnt(config):
    head = fresh(config)
    optimiser = torch.optim.Adam(head.parameters(), lr=0.1)
    losses = []

    for _ in range(40):
        loss = head.loss(head(pooled()), target(config))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())

    assert loss.shape == () and torch.isfinite(loss)
    assert losses[-1] < 0.9 * losses[0]


@every_kind
def test_the_loss_of_a_batch_is_the_mean_of_its_parts(config):
    head = fresh(config)
    answer = head(pooled())

    losses = head.losses(answer, target(config))

    assert losses.shape == (BATCH,)
    parts = torch.cat(
        [head.losses(answer[:5], target(config)[:5]), head.losses(answer[5:], target(config)[5:])]
    )
    torch.testing.assert_close(parts.mean(), head.loss(answer, target(config)))


@every_kind
def test_a_gradient_reaches_every_weight(config):
    head = fresh(config)

    head.loss(head(pooled()), target(config)).backward()

    for name, parameter in head.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


@every_kind
def test_samples_do_not_see_each_other(config):
    head = fresh(config).eval()

    together = head.decode(head(pooled()))

    torch.testing.assert_close(together[:1], head.decode(head(pooled()[:1])))


@every_kind
def test_scores_are_one_number_per_sample(config):
    head = fresh(config)

    scores = head.scores(head(pooled()), target(config))

    assert scores and all(values.shape == (BATCH,) for values in scores.values())


@every_kind
def test_weights_survive_saving_and_the_config_rebuilds_the_head(config):
    head = fresh(config)
    copy = type(config).model_validate(config.model_dump(mode="json"))
    rebuilt = build_head(copy, FEATURES, outputs=OUTPUTS)  # class counts are no part of the weights

    rebuilt.load_state_dict(head.state_dict())

    assert torch.equal(rebuilt(pooled()), head(pooled()))
