"""Numbers and names as a person reads them."""

import math
from datetime import datetime

from pipeline.foundation.words import plural as plural

ABOUT = {
    "majority": "the shares of training, whatever the sample",
    "mean": "the mean of training, whatever the sample",
    "logistic": "logistic regression",
    "ridge": "linear regression with a penalty",
    "last_value": "repeat the last value",
    "last_direction": "what followed a rise in training, and what a fall",
    "no_change": "a change of 0: the last level again",
    "seasonal_last": "the value one season ago",
    "seasonal_mean": "mean of the last seasons at this phase",
    "linear": "one linear map, shared by all channels",
    "nlinear": "linear map from the last value on",
    "single_threshold": "one threshold on one column",
    "gradient_boosting": "boosted trees",
    "naive_bayes_svm": "support vector machine on words and pairs of words",
    "minirocket": "fixed convolutions, how often each is high, and a linear map",
    "multirocket": "fixed convolutions, four figures of each, and a linear map",
    "holt_winters": "exponential smoothing with trend and season",
}
"""What the baselines do, in a few words."""


def number(value: float) -> str:
    """Return ``value`` with three or four digits that matter, with a true minus sign."""
    size = abs(value)
    if size >= 1e7:
        unit, word = (1e9, "billion") if size >= 1e9 else (1e6, "million")
        text = f"{size / unit:,.4g} {word}" if size < 1e13 else f"{size:.3e}"
    elif size >= 10_000:
        text = f"{size:,.0f}"
    elif size >= 100:
        text = f"{size:,.1f}"
    elif size >= 0.1 or size == 0:
        text = f"{size:.3f}"
    elif size >= 1e-4:
        text = f"{size:.3g}" if size < 0.01 else f"{size:.3f}"
    else:
        text = f"{size:.1e}"
    return f"−{text}" if value < 0 else text


def numbers(*values: float) -> list[str]:
    """Return values that are read together with as many decimals as the largest of them needs for two digits."""
    largest = max(abs(value) for value in values)
    if not 1e-6 < largest < 100:
        return [number(value) for value in values]
    decimals = max(1 - math.floor(math.log10(largest)), 3 if largest < 1 else 2)
    texts = [f"{abs(value):.{decimals}f}" for value in values]
    return [
        f"−{text}" if value < 0 and float(text) else text for value, text in zip(values, texts, strict=True)
    ]


def apart(first: float, second: float) -> tuple[str, str]:
    """Return two values with as many decimals as it takes to tell them apart, if they differ."""
    texts = number(first), number(second)
    gap = abs(first - second)
    if not 1e-9 < gap < math.inf:
        return texts
    decimals = -math.floor(math.log10(gap) + 1e-6)  # 0.00001 is a little less than that
    if decimals <= min(len(text.partition(".")[2]) for text in texts) and texts[0] != texts[1]:
        return texts
    decimals = min(max(decimals, 0) + (texts[0] == texts[1] and decimals < 1), 9)
    told = [f"{abs(value):,.{decimals}f}" for value in (first, second)]
    marks = ["−" if value < 0 else "" for value in (first, second)]
    return marks[0] + told[0], marks[1] + told[1]


def duration(seconds: float | None) -> str:
    """Return seconds with two digits that matter; nothing for None."""
    if seconds is None:
        return ""
    if seconds < 0.01:
        return "< 0.01 s"
    return f"{seconds:,.0f} s" if seconds >= 10 else f"{seconds:.2g} s"


def rate(per_second: float | None) -> str:
    """Return how many there are in a second, as a whole number; nothing for None."""
    return "" if per_second is None else f"{per_second:,.0f}"


def signed(text: str) -> str:
    """Return a number's text with a plus where it is positive."""
    return text if text.startswith("−") or not text.strip("0.") else f"+{text}"


def percent(share: float) -> str:
    """Return a share as a percentage: 0.95 is ``95 %``, 0.999 is ``99.9 %``."""
    return f"{100 * share:.4g} %"


def listed(names: list[str], most: int = 4) -> str:
    """Return names joined for a sentence; beyond ``most`` they are counted."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return " and ".join(", ".join(names).rsplit(", ", 1)) if len(names) > 1 else "".join(names)


def short(name: str, most: int = 24) -> str:
    """Return ``name`` on one line, its middle left out where it is longer than ``most`` characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in name).split()) or "(empty)"
    if len(line) <= most:
        return line
    head = (most - 1) * 2 // 3
    return f"{line[:head].rstrip()}…{line[len(line) - (most - 1 - head) :].lstrip()}"


def moment(time: datetime | None) -> str:
    """Return a time to the minute, or to the second where it has some; nothing for None."""
    if time is None:
        return ""
    return time.strftime("%Y-%m-%d %H:%M:%S" if time.second or time.microsecond else "%Y-%m-%d %H:%M")
