"""What every temporal encoder promises; a new kind is added to KINDS and gets all of it."""

from typing import get_args

import pytest
import torch

from pipeline.foundation.errors import ShapeError
from pipeline.temporal.build import build_encoder
from pipeline.temporal.config import (
    BilstmConfig,
    ConvLstmConfig,
    GruConfig,
    LstmConfig,
    RnnConfig,
    TemporalConfig,
)
from pipeline.temporal.ragged import read_packed, read_padded

KINDS = [
    LstmConfig(hidden=8),
    LstmConfig(hidden=8, layers=2, dropout=0.2),
    BilstmConfig(hidden=6),
    BilstmConfig(hidden=6, layers=2),
    GruConfig(hidden=8),
    RnnConfig(hidden=8, layers=2),
    LstmConfig(hidden=5, layers=2, dropout=0.2, states="cell"),
    LstmConfig(hidden=5, states="both"),
    BilstmConfig(hidden=4, states="both"),
    BilstmConfig(hidden=4, layers=2, dropout=0.3, states="cell"),
    ConvLstmConfig(hidden=3),
    ConvLstmConfig(hidden=3, layers=2, dropout=0.2, kernel=2, read="flatten"),
]
ids = [f"{index}-{config.kind}" for index, config in enumerate(KINDS)]
every_kind = pytest.mark.parametrize("config", KINDS, ids=ids)
recurrent = pytest.mark.parametrize(
    "config", [config for config in KINDS if getattr(config, "states", "output") == "output"][:-2]
)


def frame(config):
    return (2, 3, 4) if config.kind == "convlstm" else (5,)


def features(config, batch: int, steps: int = 7) -> torch.Tensor:
    return torch.randn(batch, steps, *frame(config), generator=torch.Generator().manual_seed(1))


def fresh(config, seed=0):
    torch.manual_seed(seed)
    return build_encoder(config, frame(config))


def test_every_kind_is_covered():
    union = get_args(TemporalConfig)[0]

    assert {type(config) for config in KINDS} == set(get_args(union))


@every_kind
def test_every_step_gets_the_promised_features(config):
    encoder = fresh(config)

    hidden = encoder(features(config, 3))

    assert hidden.shape == (3, encoder.count_steps(7), encoder.out_features)
    assert hidden.isfinite().all()


@every_kind
def test_samples_do_not_see_each_other(config):
    encoder = fresh(config).eval()
    x = features(config, 4)

    together = encoder(x)

    for index in range(len(x)):
        torch.testing.assert_close(together[index : index + 1], encoder(x[index : index + 1]))


@every_kind
def test_padding_changes_nothing(config):
    encoder = fresh(config).eval()
    x, lengths = features(config, 3), torch.tensor([7, 2, 4])
    spoilt = x.clone()
    spoilt[1, 2:], spoilt[2, 4:] = 1e3, -1e3

    hidden = encoder(spoilt, lengths)

    for index, length in enumerate(lengths.tolist()):
        torch.testing.assert_close(hidden[index : index + 1, :length], encoder(x[index : index + 1, :length]))
        assert not hidden[index, length:].any()


@recurrent
def test_packed_and_padded_samples_are_read_the_same(config):
    encoder, lengths = fresh(config).eval(), torch.tensor([5, 2, 4])
    packed, padded = (features(config, 3).requires_grad_() for _ in range(2))
    weights = torch.randn(3, 7, encoder.out_features)

    first = read_packed(encoder.network, packed, lengths, encoder.dropout)
    second = read_padded(encoder.network, padded, lengths, encoder.dropout)
    for hidden in (first, second):
        (hidden * weights).sum().backward()

    torch.testing.assert_close(first, second)
    torch.testing.assert_close(packed.grad, padded.grad)


@every_kind
def test_while_training_the_same_is_dropped_however_much_padding_there_is(config):
    encoder, lengths = fresh(config).train(), torch.tensor([5, 2, 4])
    longer = torch.cat([features(config, 3), torch.full((3, 4, *frame(config)), torch.nan)], dim=1)

    torch.manual_seed(0)
    first = encoder(features(config, 3), lengths)
    torch.manual_seed(0)
    second = encoder(longer, lengths)

    torch.testing.assert_close(second[:, :7], first)
    dropped = (first[0, :5] == 0).float().mean()
    assert (dropped > 0) == (config.dropout > 0)


@every_kind
def test_only_backward_features_see_later_steps(config):
    encoder = fresh(config).eval()
    x = features(config, 2)
    changed = x.clone()
    changed[:, -1] += 1.0

    moved = (encoder(x) - encoder(changed)).abs().amax(dim=(0, 1))[: encoder.out_features]
    early = (encoder(x) - encoder(changed))[:, 0].abs().amax(dim=0)

    forward = encoder.out_features - encoder.backward_features
    assert (moved > 0).all()
    if config.kind == "bilstm" and config.layers == 1:
        assert (early[:forward] == 0).all() and (early[forward:] > 0).all()
    if config.kind != "bilstm":
        assert encoder.backward_features == 0 and (early == 0).all()


@every_kind
def test_a_gradient_reaches_every_weight(config):
    encoder = fresh(config)

    hidden = encoder(features(config, 6))
    (hidden * torch.randn_like(hidden)).sum().backward()

    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


@every_kind
def test_the_same_seed_gives_the_same_output(config):
    x = features(config, 2)

    first, second, other = (fresh(config, seed).eval()(x) for seed in (0, 0, 1))

    assert torch.equal(first, second)
    assert not torch.equal(first, other)


@every_kind
def test_weights_survive_saving_and_the_config_rebuilds_the_encoder(config):
    encoder = fresh(config)
    rebuilt = fresh(type(config).model_validate(config.model_dump(mode="json")), seed=9)

    rebuilt.load_state_dict(encoder.state_dict())

    assert torch.equal(rebuilt.eval()(features(config, 2)), encoder.eval()(features(config, 2)))


@every_kind
def test_no_warning_is_given_while_building(config, recwarn):
    fresh(config)

    assert not recwarn.list


def test_maps_are_asked_for_where_vectors_come():
    with pytest.raises(ShapeError, match=r"reads maps .* has shape \(5,\); use extraction.steps=maps"):
        build_encoder(ConvLstmConfig(), (5,))
