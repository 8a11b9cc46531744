import pytest
import torch

from pipeline.foundation.errors import ShapeError
from pipeline.model.embedding import TokenEmbedding


def test_tokens_start_from_the_given_vectors_and_padding_from_nothing():
    embedding = TokenEmbedding(4, 2, frozen=False)
    vectors = torch.arange(8.0).reshape(4, 2) + 1

    embedding.start_from(vectors)

    assert embedding(torch.tensor([[3, 1, 0]])).tolist() == [[[7.0, 8.0], [3.0, 4.0], [0.0, 0.0]]]


@pytest.mark.parametrize("frozen", [False, True])
def test_only_tokens_that_were_read_move_and_frozen_ones_never(frozen):
    embedding = TokenEmbedding(4, 2, frozen=frozen)
    extra = torch.ones(1, requires_grad=True)

    (embedding(torch.tensor([[3, 0]])) * extra).sum().backward()

    gradient = embedding.table.weight.grad
    assert frozen is (gradient is None)
    if gradient is not None:
        assert gradient.abs().sum(dim=1).tolist() == [0.0, 0.0, 0.0, 2.0]


def test_vectors_of_another_vocabulary_are_refused_with_what_to_do():
    with pytest.raises(ShapeError, match=r"\(4, 2\).*vectors.npy\s+holds \(5, 2\).*convoy stage preprocess"):
        TokenEmbedding(4, 2, frozen=False).start_from(torch.zeros(5, 2))
