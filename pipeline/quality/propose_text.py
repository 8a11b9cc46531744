"""What texts suggest for their ``quality.yaml``: length, words, script, language, repetitions."""

import polars as pl

from pipeline.quality.language import languages, saying_letters, script_share
from pipeline.quality.profile import TEXT_COLUMN, Profile
from pipeline.quality.wording import Entry, now

LOOKED_AT = 5_000
MOSTLY = 0.8
"""A language (script) is that of the texts where so many of them are in it."""


def text_figures(profile: Profile) -> list[Entry]:
    """Return rules about the texts as a whole."""
    repeated = int(profile.table.get("duplicate_texts") or 0)
    return [
        Entry(
            f"Texts that repeat an earlier one, letter by letter: {repeated:,} now. preprocessing.split.duplicates "
            "keeps them on one side.",
            rule="duplicate_texts",
            max=repeated,
            on_fail="warn",
        )
    ]


def text_rules(frame: pl.DataFrame) -> list[Entry]:
    """Return rules about single texts."""
    texts = frame[TEXT_COLUMN]
    empty, wordless = texts.null_count(), wordless_texts(texts)
    letters = texts.str.len_chars().drop_nulls()
    entries = [
        Entry(f"A row without a text says nothing.{now(empty)}", rule="not_null", columns=[TEXT_COLUMN]),
        Entry(
            f"A text of which nothing is left without markup, links and mentions.{now(wordless)}",
            rule="has_words",
            columns=[TEXT_COLUMN],
            least=1,
        ),
    ]
    if len(letters):
        low, middle, high = (
            int(float(str(value))) for value in (letters.min(), letters.median(), letters.max())
        )
        entries.append(
            Entry(
                f"Texts have {low:,} to {high:,} characters now, half of them up to {middle:,}.",
                rule="length",
                columns=[TEXT_COLUMN],
                min=min(low, 1),
                max=max(2 * high, 100),
                on_fail="warn",
            )
        )
    return entries + _tongue(texts)


def wordless_texts(texts: pl.Series) -> int:
    """Return how many texts have nothing to say."""
    return int((saying_letters(texts) == 0).sum())


def _tongue(texts: pl.Series) -> list[Entry]:
    some = texts.drop_nulls()
    some = some.gather_every(max(1, len(some) // LOOKED_AT))
    latin = script_share(some, ("Latin",)).drop_nulls()
    entries: list[Entry] = []
    if len(latin) and (latin >= 0.5).mean() >= MOSTLY:  # type: ignore[operator]
        entries.append(
            Entry(
                "The letters of nearly all texts are Latin.",
                rule="script",
                columns=[TEXT_COLUMN],
                names=["Latin"],
                on_fail="warn",
            )
        )
    told = languages(some).drop_nulls()
    if len(told) < 20:
        return entries
    counts = told.value_counts().sort(["count", told.name], descending=[True, False])
    name, count = counts.row(0)
    if count >= MOSTLY * len(told):
        entries.append(
            Entry(
                f"{count / len(told):.1%} of the texts of which the language can be told are in {name}.",
                rule="language",
                columns=[TEXT_COLUMN],
                names=[name],
                on_fail="warn",
            )
        )
    return entries
