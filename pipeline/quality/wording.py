"""How a proposed ``quality.yaml`` is written: its head, and one entry after the other."""

import math
from collections.abc import Sequence
from io import StringIO

from ruamel.yaml import YAML

HEAD = """\
# What is expected of the data: the gate between `ingest` and everything that learns. This file is yours to edit.
#
# A rule names what it looks at and its bounds, and what happens when it does not hold:
#   on_fail: stop        ends the run before anything is trained
#   on_fail: quarantine  (tier rows only) sets the offending rows aside with the reason; `quality.max_quarantined`
#                        in params.yaml says which share of the rows may go that way before the run is stopped
#   on_fail: warn        says so in the log and in the report, and goes on
# `columns: channels` means every channel. Rules are removed by deleting them; a file without `reference:` has the
# usual rules of that tier, an empty `reference:` has none. Where a name is misspelt, the run says so at once. What was
# found stands in data/validate/verdict.json and in reports/RUN/data_docs/index.html (of stages without a flow, such as
# those of `dvc repro`, in reports/by-hand).
#
# Tier `profile` knows, for columns: nulls, null_share, nans, infinite, distinct, min, max, mean, std;
#   for the table: rows, groups, shortest_group, classes, alike_classes, unsorted_times, duplicate_times,
#   largest_gap_seconds, gap_share, missing_days, missing_day_share, defects, defect_share, duplicate_images,
#   pixel_min, pixel_max, clips, shortest_clip, duplicate_sounds, duplicate_texts; for each class: class_rows,
#   class_share; and classes_present.
# Tier `rows` knows: not_null, finite, between (numbers or times), positive, not_below (others), one_of, matches
#   (pattern), length, has_words, language, script, readable, not_blank, not_silent, duration, unique_time.
# Tier `reference` knows: rows_ratio, lost_days; for columns new_values, missing_values, psi, ks, null_rise.
#   `columns: categories` means every category.
version: 1

"""

_ABOUT = {
    "profile": "Tier 2: figures about the whole table, measured over every row before any is set aside.",
    "rows": "Tier 3: every cell of a column; an empty cell breaks only `not_null`.",
    "reference": "Tier 4: how far the data are from those accepted last; `convoy accept` accepts those of today.",
}


class Entry:
    """One rule, and the comment above it."""

    def __init__(self, comment: str, count: int = 0, /, **keys: object) -> None:
        """Take the comment, how many rows are set aside today because of it, and the keys of the rule."""
        self.comment = comment
        self.count = count
        self.keys = keys


def entries_text(tier: str, entries: Sequence[Entry]) -> str:
    """Return a tier of the suite as YAML with comments."""
    lines = ["", f"# {_ABOUT[tier]}", f"{tier}:" + ("" if entries else " []")]
    for entry in entries:
        defaults = {"on_fail": {"profile": "stop", "rows": "quarantine"}.get(tier, "warn")}
        keys = {**entry.keys, **{key: value for key, value in defaults.items() if key not in entry.keys}}
        if entry.comment:
            lines.append(f"  # {_one_line(entry.comment)}")
        for position, (key, value) in enumerate(keys.items()):
            lines.append(f"  {'- ' if not position else '  '}{key}: {scalar(value)}")
    return "\n".join(lines) + "\n"


def scalar(value: object) -> str:
    """Return a value, or a list of them, as YAML on one line."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = True
    yaml.width = 1_000_000
    text = StringIO()
    yaml.dump(int(value) if isinstance(value, float) and value.is_integer() else value, text)
    return text.getvalue().removesuffix("...\n").strip()


def _one_line(comment: str) -> str:
    """Return a comment that cannot end early: a column's name may hold a line break."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in comment)


def now(count: float | None, what: str = "rows") -> str:
    """Return the sentence about rows that break a rule today, or nothing."""
    return f" {count:,.0f} {what} now." if count else ""


def percent(share: float | None) -> str:
    """Return a share for a comment."""
    return "none" if not share else f"{share:.2%}"


def widened_share(share: float | None) -> float:
    """Return a bound for a share that may grow by half and five points: a guess."""
    return min(1.0, math.ceil(((share or 0.0) * 1.5 + 0.05) * 100) / 100)
