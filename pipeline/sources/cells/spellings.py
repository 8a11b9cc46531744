"""Names that differ only in case, spaces or the way a number is written: told, never silently made one."""

from collections import Counter
from itertools import groupby

import polars as pl

from pipeline.sources.config_tables import TableColumns

MOST = 2000
"""Different spellings of a column that are counted; a column with more holds no names of classes."""

SHOWN = 3


class Spellings:
    """Counts how the names in the columns for group, target and categories are spelt."""

    def __init__(self, config: TableColumns, categories: tuple[str, ...]) -> None:
        named = [name for name in (config.group, config.target, *categories) if name is not None]
        self._counts: dict[str, Counter[str] | None] = {name: Counter() for name in named}

    def add(self, raw: pl.DataFrame) -> None:
        """Count the cells of a batch, as written."""
        for name, counts in self._counts.items():
            if counts is None or name not in raw.columns or raw.schema[name] != pl.String:
                continue
            found = raw[name].drop_nulls().value_counts()
            counts.update(dict(found.iter_rows()))
            if len(counts) > MOST:
                self._counts[name] = None

    def notes(self) -> list[str]:
        """Return a sentence for each column in which something is spelt in several ways."""
        return [
            sentence for name, counts in self._counts.items() if counts for sentence in _told(name, counts)
        ]


def _told(name: str, counts: Counter[str]) -> list[str]:
    forms = Counter(text.strip() for text in counts)
    padded = sorted(text for text in counts if text != text.strip() and forms[text.strip()] > 1)
    sentences = []
    if padded:
        rows = sum(counts[text] for text in padded)
        sentences.append(
            f"{name}: spaces around a name do not count: {_shown(padded)} in {rows:,} rows "
            f"{'is' if len(padded) == 1 else 'are'} read without them"
        )
    stripped: Counter[str] = Counter()
    for text, count in counts.items():
        stripped[text.strip()] += count
    ordered = sorted(stripped, key=lambda text: (_alike(text), -stripped[text], text))
    for _, spelt in groupby(ordered, key=_alike):
        several = [f"{text!r} ({stripped[text]:,} rows)" for text in spelt]
        if len(several) > 1:
            sentences.append(
                f"{name}: {', '.join(several)} are kept apart; make them one if they mean the same"
            )
    return sentences if len(sentences) <= SHOWN else [*sentences[:SHOWN], f"{name}: and more of this kind"]


def _alike(text: str) -> str:
    """Return what spellings of one name have in common."""
    folded = " ".join(text.split()).casefold()
    try:
        return repr(float(folded)) if folded[-1:].isdigit() else folded
    except ValueError:
        return folded


def _shown(texts: list[str]) -> str:
    more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return ", ".join(repr(text) for text in texts[:SHOWN]) + more
