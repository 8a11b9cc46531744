"""Whether the parts hold the same classes, or ranges of a number, in the same shares."""

import numpy as np

from pipeline.leakage.answers import target_classes, target_numbers
from pipeline.leakage.association import by_chance
from pipeline.leakage.findings import Finding, Severity
from pipeline.leakage.parts import Parts

CHECK, RANGES = "class shares of the parts", "ranges of the target in the parts"
APART, FAR_APART, UNLIKELY = 0.05, 0.2, 0.01
MOST_SAMPLES = 50_000


def class_shares(parts: Parts) -> list[Finding]:
    """Return how far class shares in test differ from those in train, and classes that only test has.

    Of a number, the shares of five ranges are compared.
    """
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
        return [_unknown(parts, [names[number] for number in unknown.tolist()], kinds)]
    shares = "shares of the target's ranges in" if parts.head == "regress" else "class shares of"
    sentence = f"{shares} train and test differ by {distance:.1%}"
    if distance < APART or chance > UNLIKELY:
        sentence += " only" if distance < APART else ", as chance would have it"
        return [Finding(check=_check(parts), severity="none", sentence=sentence, of=kinds)]
    severity: Severity = "warning" if distance >= FAR_APART else "note"
    worst = np.argsort(-np.abs(in_train / len(train) - in_test / len(test)))[:3].tolist()
    examples = tuple(
        f"{names[number]}: {in_train[number] / len(train):.1%} of train, {in_test[number] / len(test):.1%} of test"
        for number in worst
    )
    return [
        Finding(
            check=_check(parts),
            severity=severity,
            sentence=f"{sentence}: {examples[0]}; {_advice(parts)}",
            count=len(worst),
            of=kinds,
            examples=examples,
        )
    ]


def _unknown(parts: Parts, names: list[str], kinds: int) -> Finding:
    """Return the finding about classes, or ranges of a number, that train never shows."""
    count, told = len(names), ", ".join(names[:3])
    severity: Severity = "warning"
    sentence = (
        f"{count:,} of {kinds:,} classes are in test but not in train ({told}), so no model can name them; merge rare "
        f"classes, or divide by class"
    )
    if parts.head == "regress":
        severity = "note"
        sentence = (
            f"{count:,} of {kinds:,} ranges of the target are in test but not in train ({told}): there the model has "
            f"to go beyond what it learnt from"
        )
    return Finding(check=_check(parts), severity=severity, sentence=sentence, count=count, of=kinds)


def _check(parts: Parts) -> str:
    return RANGES if parts.head == "regress" else CHECK


def _advice(parts: Parts) -> str:
    if parts.head == "regress":
        return "the test score speaks for other numbers than the model learnt from"
    return "judge by metrics that weigh classes alike (macro F1, balanced accuracy)"


def _names(parts: Parts, classes: np.ndarray) -> list[str]:
    kinds = range(int(classes.max()) + 1)
    if parts.head == "regress":
        numbers = target_numbers(parts)
        inside = [numbers[classes == number] for number in kinds]
        return [f"{held.min():.4g} to {held.max():.4g}" if len(held) else "" for held in inside]
    first = {number: place for place, number in reversed(list(enumerate(classes.tolist())))}
    return [str(parts.keys["target"][first[number]]) if number in first else "" for number in kinds]
