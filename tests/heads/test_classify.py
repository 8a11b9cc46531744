import math

import torch

from pipeline.heads.classify import ClassifyHead
from pipeline.heads.config import ClassifyConfig


def test_decoded_answers_are_probabilities():
    head = ClassifyHead(ClassifyConfig(), 4, classes=3)

    probabilities = head.decode(head(torch.randn(5, 4)))

    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(5))
    assert (probabilities >= 0).all()


def test_balanced_classes_weigh_equally_in_the_loss_however_rare_they_are():
    head = ClassifyHead(ClassifyConfig(class_weights="balanced"), 4, classes=2, class_counts=(90, 10))
    answer = torch.zeros(100, 2)
    target = torch.tensor([0] * 90 + [1] * 10)

    losses = head.losses(answer, target)

    torch.testing.assert_close(losses[:90].sum(), losses[90:].sum())
    assert math.isclose(losses.mean().item(), math.log(2), rel_tol=1e-5)


def test_balanced_weights_do_not_touch_the_prediction():
    plain = ClassifyHead(ClassifyConfig(), 4, classes=2)
    balanced = ClassifyHead(ClassifyConfig(class_weights="balanced"), 4, classes=2, class_counts=(90, 10))
    balanced.load_state_dict(plain.state_dict())
    x = torch.randn(5, 4)

    assert torch.equal(plain.decode(plain(x)), balanced.decode(balanced(x)))


def test_accuracy_counts_where_the_likeliest_class_is_the_target():
    head = ClassifyHead(ClassifyConfig(), 4, classes=3)
    answer = torch.tensor([[0.0, 2.0, 1.0], [3.0, 0.0, 0.0]])

    assert head.scores(answer, torch.tensor([1, 2]))["accuracy"].tolist() == [1.0, 0.0]
