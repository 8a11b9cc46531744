import math

import pytest
import torch

from pipeline.heads.config import MultilabelConfig
from pipeline.heads.multilabel import MultilabelHead

COUNTS, SAMPLES = (90, 10), 100


def head(weights="none"):
    torch.manual_seed(0)
    config = MultilabelConfig(class_weights=weights)
    return MultilabelHead(config, 4, labels=2, label_counts=COUNTS, samples=SAMPLES)


def targets():
    return torch.stack([(torch.arange(SAMPLES) < count).float() for count in COUNTS], dim=1)


def test_every_label_has_a_probability_of_its_own():
    found = head().decode(torch.tensor([[0.0, math.log(3.0)]]))

    torch.testing.assert_close(found, torch.tensor([[0.5, 0.75]]))


def test_balanced_a_label_weighs_as_much_where_it_is_as_where_it_is_not():
    weighted, target = head("balanced"), targets()
    for label in range(2):
        answer = torch.zeros(SAMPLES, 2)
        answer[:, 1 - label] = torch.where(
            target[:, 1 - label] > 0, 50.0, -50.0
        )  # the other label costs nothing

        losses = weighted.losses(answer, target)

        with_label = target[:, label] > 0
        torch.testing.assert_close(losses[with_label].sum(), losses[~with_label].sum())
        assert losses.mean().item() == pytest.approx(math.log(2) / 2, rel=1e-5)


def test_balanced_weights_touch_neither_prediction_nor_saved_weights():
    plain, balanced = head(), head("balanced")
    x = torch.randn(5, 4)

    assert torch.equal(plain.decode(plain(x)), balanced.decode(balanced(x)))
    assert plain.state_dict().keys() == balanced.state_dict().keys()


def test_scores_count_right_labels_and_samples_with_all_of_them_right():
    scores = head().scores(torch.tensor([[2.0, -1.0], [2.0, 1.0]]), torch.tensor([[1.0, 0.0], [1.0, 0.0]]))

    assert scores["accuracy"].tolist() == [1.0, 0.5] and scores["exact"].tolist() == [1.0, 0.0]
