"""What a text is written in, told lightly: by its letters, and by the commonest words of some languages.

It needs no model and no download, and is meant to notice a file of the wrong language, not to name the
language of a tweet: a text with few common words is left undecided.
"""

from typing import get_args

import polars as pl

from pipeline.quality.rules_rows import Language, Script

COMMON: dict[Language, str] = {
    "en": "the of and to in is was for that it with as on be at by this are from or an have not but they you his her "
    "were we been their has which will there all my so what me your just do when who",
    "de": "der die und den von zu das mit sich des ist im dem nicht ein eine als auch es an werden aus er hat dass sie "
    "nach wird bei einer um am sind noch wie einem ich wir aber oder mich mir war",
    "fr": "le la les de des et en un une du que est pour qui dans par pas au sur ne se ce il elle sont avec plus je "
    "vous nous mais ou cette été son ses aux fait très être",
    "es": "el la los las de del y que en un una es por con para no se su al lo como más pero sus le ya este sí porque "
    "esta entre cuando muy sin sobre también me hasta hay",
    "it": "il lo la gli le di del della e che un una per non con in sono si da al come più ma anche nel alla questo è "
    "ha suo dei mi ti io ho era molto delle",
    "pt": "o os a as de do da dos das e que em um uma para com não por mais como mas foi ao ele se na no ou ser quando "
    "muito há nos já está eu também só pelo pela",
    "nl": "de het een en van ik te dat die in is niet hij op met voor zijn maar aan er om ook als dan mijn bij nog "
    "naar uit heeft wordt deze wat geen was je",
}  # fmt: skip
"""Language → words that are common in it."""

LEAST_WORDS = 5
"""Texts with fewer words are undecided."""

LEAST_SHARE = 0.15
"""A text of which less is common words of any language is undecided."""

LEAST_HITS = 3
CLEARLY = 2
"""The language of a text has so many times the common words of the next one, or it is undecided."""

MARKUP = r"<[^<>]{1,200}>|&[a-zA-Z#0-9]{2,8};|https?://\S+|www\.\S+|@\w+"
"""What is taken out of a text before its words are counted."""

SAYING = r"[\p{L}\p{N}\p{Extended_Pictographic}]"
"""A letter, a digit or an emoji."""

_WORDS = pl.DataFrame(
    [(word, name) for name, words in COMMON.items() for word in words.split() if len(word) > 1],
    schema={"word": pl.String, "language": pl.String},
    orient="row",
)


def saying_letters(texts: pl.Series) -> pl.Series:
    """Return how many letters, digits and emoji each text has beside markup, links and mentions; null for null."""
    return texts.str.replace_all(MARKUP, " ").str.count_matches(SAYING).cast(pl.Int64)


def script_share(texts: pl.Series, scripts: tuple[Script, ...]) -> pl.Series:
    """Return which share of the letters of each text belongs to ``scripts``; null where there are no letters."""
    known = set(get_args(Script))
    pattern = "[" + "".join(rf"\p{{{name}}}" for name in scripts if name in known) + "]"
    frame = texts.to_frame("text").select(
        letters=pl.col("text").str.count_matches(r"\p{L}"), own=pl.col("text").str.count_matches(pattern)
    )
    return frame.select(
        pl.when(pl.col("letters") > 0).then((pl.col("own") / pl.col("letters")).clip(0.0, 1.0))
    ).to_series()


def languages(texts: pl.Series) -> pl.Series:
    """Return the language of each text by its common words; null where that cannot be told."""
    words = (
        texts.to_frame("text")
        .select(pl.col("text").str.replace_all(MARKUP, " ").str.to_lowercase().str.extract_all(r"\p{L}+"))
        .with_row_index("row")
    )
    counts = words.select("row", total=pl.col("text").list.len())
    hits = (
        words.explode("text", empty_as_null=True)
        .join(_WORDS, left_on="text", right_on="word")
        .group_by("row", "language")
        .agg(pl.len().alias("hits"))
        .sort(["row", "hits", "language"], descending=[False, True, False])
        .with_columns(next=pl.col("hits").shift(-1, fill_value=0).over("row"))
        .unique("row", keep="first", maintain_order=True)
    )
    told = counts.join(hits, on="row", how="left", maintain_order="left")
    enough = (pl.col("total") >= LEAST_WORDS) & (pl.col("hits") >= LEAST_SHARE * pl.col("total"))
    sure = enough & (pl.col("hits") >= LEAST_HITS) & (pl.col("hits") >= CLEARLY * pl.col("next"))
    return told.select(pl.when(sure).then(pl.col("language"))).to_series()
