"""What the target, and columns of words, suggest for their ``quality.yaml``."""

from typing import Literal

from pipeline.quality.profile import CLASS_COLUMN, Profile
from pipeline.quality.wording import Entry, now, percent

Head = Literal["classify", "multilabel", "regress", "forecast"]

MOST_CLASSES = 300
FEW_NUMBERS = 20
"""A target of more different numbers than this is a number, not a class."""

FEW_VALUES = 50
NEARLY_ALL = 0.95


def are_classes(profile: Profile, head: Head | None) -> bool:
    """Return whether the target names classes: told by the head, else by its values."""
    if profile.table.get("classes") is None or head in ("multilabel", "regress"):
        return False
    numbers = len(profile.classes) > FEW_NUMBERS and all(map(_is_number, profile.classes))
    return head == "classify" or (bool(profile.classes) and not numbers)


def class_rules(profile: Profile, head: Head | None) -> list[Entry]:
    """Return rules about the classes as a whole: there, not alike, in balance."""
    if profile.table.get("classes") is None:
        return []
    if not are_classes(profile, head):
        return [Entry("With one value there is nothing to learn.", rule="classes", min=2)]
    alike = int(profile.table.get("alike_classes") or 0)
    entries = [
        Entry("With one class there is nothing to learn.", rule="classes", min=2),
        Entry(
            f"Classes that are another one but for capitals and spaces: one class, spelt twice.{now(alike, 'classes')}",
            rule="alike_classes",
            max=alike,
            on_fail="warn",
        ),
    ]
    if not profile.classes or len(profile.classes) > MOST_CLASSES:
        return entries
    least, most = min(profile.classes.values()), max(profile.classes.values())
    share = most / sum(profile.classes.values())
    return [
        *entries,
        Entry(
            "A class of which no row is left would silently be unlearnt.",
            rule="classes_present",
            names=list(profile.classes),
        ),
        Entry(
            f"The rarest class has {least:,} rows now.",
            rule="class_rows",
            min=max(1, least // 2),
            on_fail="warn",
        ),
        Entry(
            f"The largest class has {percent(share)} of the rows now; with nearly all, saying it always looks good.",
            rule="class_share",
            max=max(NEARLY_ALL, min(1.0, round(share + (1 - share) / 2, 4))),
            on_fail="warn",
        ),
    ]


def target_rules(profile: Profile, head: Head | None, *, whole: bool) -> list[Entry]:
    """Return rules about the target of single rows."""
    if profile.table.get("classes") is None:
        return []
    empty = now(profile.columns[CLASS_COLUMN]["nulls"])
    entries = [
        Entry(f"A row without a target teaches nothing.{empty}", rule="not_null", columns=[CLASS_COLUMN])
    ]
    if are_classes(profile, head) and 0 < len(profile.classes) <= MOST_CLASSES:
        seen = "" if whole else " Only the first rows were looked at."
        entries.append(
            Entry(
                f"A class that was not there when this file was written; add it here if it is meant.{seen}",
                rule="one_of",
                columns=[CLASS_COLUMN],
                values=list(profile.classes),
                on_fail="quarantine" if whole else "warn",
            )
        )
    return entries


def category_rules(profile: Profile, categories: tuple[str, ...]) -> list[Entry]:
    """Return the values of columns with few of them; a new one is learnt as "another", so it only warns."""
    entries = []
    for name in categories:
        values = list(profile.sketches.get(name, {}).get("values") or ())
        if 0 < len(values) <= FEW_VALUES:
            entries.append(
                Entry(
                    f"{name} has {len(values)} value{'s' if len(values) > 1 else ''} now; others are read as one more.",
                    rule="one_of",
                    columns=[name],
                    values=values,
                    on_fail="warn",
                )
            )
    return entries


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
