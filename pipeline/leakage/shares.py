"""Whether the parts hold the same classes in the same shares."""

import numpy as np

from pipeline.leakage.answers import target_classes
from pipeline.leakage.association import by_chance
from pipeline.leakage.findings import Finding, Severity
from pipeline.leakage.parts import Parts

CHECK = "class shares of the parts"
APART, FAR_APART, UNLIKELY = 0.05, 0.2, 0.01
MOST_SAMPLES = 50_000


def class_shares(parts: Parts) -> list[Finding]:
    """Return how far class shares in test differ from those in train, and classes that only one of them has."""
    classes = target_classes(parts)
    if classes is None or parts.head == "forecast":
        return []
    train, test = (classes[parts.of(name) & (classes >= 0)] for name in ("train", "test"))
    if not len(train) or not len(test):
        return []
    kinds = int(max(train.max(), test.max())) + 1
    in_train, in_test = (np.bincount(part, minlength=kinds) for part in (train, test))
    unknown = np.flatnonzero((in_test > 0) & (in_train == 0))
    distance = 0.5 * float(np.abs(in_train / len(train) - in_test / len(test)).sum())
    sampled = [part[:: max(1, len(part) // MOST_SAMPLES)] for part in (train, test)]
    both = np.unique(np.concatenate(sampled), return_inverse=True)[1]
    sides = np.repeat([0, 1], [len(part) for part in sampled]).astype(np.int64)
    chance = by_chance(sides, both) if both.max() else 1.0
    names = _names(parts, classes)
    if len(unknown):
        told = ", ".join(names[number] for number in unknown[:3].tolist())
        sentence = (
            f"{len(unknown):,} of {kinds:,} classes are in test but not in train ({told}), so no model can name them; "
            f"merge rare classes, or divide by class"
        )
        return [Finding(check=CHECK, severity="warning", sentence=sentence, count=len(unknown), of=kinds)]
    if distance < APART or chance > UNLIKELY:
        sentence = f"class shares of train and test differ by {distance:.1%}, as chance would have it"
        if distance < APART:
            sentence = f"class shares of train and test differ by {distance:.1%} only"
        return [Finding(check=CHECK, severity="none", sentence=sentence, of=kinds)]
    severity: Severity = "warning" if distance >= FAR_APART else "note"
    worst = np.argsort(-np.abs(in_train / len(train) - in_test / len(test)))[:3].tolist()
    examples = tuple(
        f"{names[number]}: {in_train[number] / len(train):.1%} of train, {in_test[number] / len(test):.1%} of test"
        for number in worst
    )
    return [
        Finding(
            check=CHECK,
            severity=severity,
            sentence=f"class shares of train and test differ by {distance:.1%}: {examples[0]}; judge by metrics that "
            f"weigh classes alike (macro F1, balanced accuracy)",
            count=len(worst),
            of=kinds,
            examples=examples,
        )
    ]


def _names(parts: Parts, classes: np.ndarray) -> list[str]:
    if parts.head == "regress":
        return [f"fifth {number + 1} of the range" for number in range(int(classes.max()) + 1)]
    first = {number: place for place, number in reversed(list(enumerate(classes.tolist())))}
    return [
        str(parts.keys["target"][first[number]]) if number in first else ""
        for number in range(int(classes.max()) + 1)
    ]
