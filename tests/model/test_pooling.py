import pytest
import torch

from pipeline.model.pooling import build_pooling

KINDS = ("last", "mean", "max", "attention", "flatten")
every_kind = pytest.mark.parametrize("kind", KINDS)


def fresh(kind, backward_features=0):
    torch.manual_seed(0)
    return build_pooling(kind, 4, steps=6, backward_features=backward_features)


def steps(batch=3):
    return torch.randn(batch, 6, 4, generator=torch.Generator().manual_seed(1))


@every_kind
def test_steps_become_one_vector_of_the_promised_size(kind):
    pooling = fresh(kind)

    assert pooling(steps()).shape == (3, pooling.out_features)


@every_kind
def test_padding_changes_nothing(kind):
    pooling, lengths = fresh(kind), torch.tensor([6, 2, 4])
    spoilt = steps().clone()
    spoilt[1, 2:], spoilt[2, 4:] = 1e3, torch.nan

    pooled = pooling(spoilt, lengths)

    for index, length in enumerate(lengths.tolist()):
        alone = pooling(steps()[index : index + 1, :length])
        torch.testing.assert_close(pooled[index, : alone.shape[1]], alone[0])
        assert not pooled[index, alone.shape[1] :].any()


@every_kind
def test_a_gradient_reaches_every_weight(kind):
    pooling = fresh(kind)
    x = steps().requires_grad_()

    (pooling(x) * torch.randn(3, pooling.out_features)).sum().backward()

    assert x.grad is not None and x.grad.abs().max() > 0
    for name, parameter in pooling.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


def test_the_last_step_of_what_was_read_backwards_is_the_first():
    x = steps()

    pooled = fresh("last", backward_features=1)(x)

    assert torch.equal(pooled, torch.cat([x[:, -1, :3], x[:, 0, 3:]], dim=1))


@pytest.mark.parametrize(("kind", "expected"), [("last", 5.0), ("mean", 3.0), ("max", 5.0)])
def test_pooled_values_are_what_the_name_says(kind, expected):
    x = torch.tensor([1.0, 3.0, 5.0]).reshape(1, 3, 1)

    assert build_pooling(kind, 1, steps=3)(x).item() == expected
