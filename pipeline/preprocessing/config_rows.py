"""How texts and rows of tables become samples."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from pipeline.foundation.section import Section
from pipeline.preprocessing.config_base import PreprocessingBase


class SecondConfig(Section):
    """The same texts in other tokens, such as characters beside words: a second stream with a chain of its own."""

    tokens: Literal["none", "words", "pieces", "characters"] = "none"
    """As `preprocessing.tokens`; `none`: there is no second stream."""

    vocabulary: Annotated[int, Field(ge=10)] = 1_000
    """Tokens known at most, the most frequent ones; others are read as "unknown"."""

    least_often: PositiveInt = 2
    """A token met fewer times in training is unknown (`words` and `characters`)."""

    longest: PositiveInt = 256
    """Tokens kept of a longer text: its first ones."""

    vectors: Literal["none", "corpus"] = "none"
    """Start of the embedding: random, or fitted on the training texts."""

    dimensions: PositiveInt = 32
    """Size of a token's vector."""


class TextConfig(PreprocessingBase):
    """A text becomes a sequence of tokens; tokenizer and vectors are fitted on the training split only."""

    kind: Literal["text"] = "text"

    tokens: Literal["words", "pieces", "characters"] = "words"
    """Words; pieces of words (byte-pair encoding); or characters."""

    vocabulary: Annotated[int, Field(ge=10)] = 20_000
    """Tokens known at most, the most frequent ones; others are read as "unknown"."""

    least_often: PositiveInt = 2
    """A token met fewer times in training is unknown (`words` and `characters`)."""

    longest: PositiveInt = 128
    """Tokens kept of a longer text: its first ones."""

    lowercase: bool = True
    """Whether capitals are read as small letters."""

    social: bool = True
    """Whether mentions and URLs become one token each, hashtags the words they are made of beside a mark, emoji
    tokens of their own, and letters repeated more than twice are shortened."""

    markup: Literal["strip", "keep"] = "strip"
    """Whether HTML tags and entities are taken out."""

    vectors: Literal["none", "file", "corpus"] = "none"
    """Start of the embedding: random; from `vectors_file`; or fitted on the training texts (co-occurrence counts,
    factorised)."""

    vectors_file: str | None = None
    """Word vectors in the text format of GloVe or word2vec; it has to stand among the deps of `preprocess` in
    dvc.yaml."""

    dimensions: PositiveInt = 64
    """Size of a vector fitted on the corpus, or made at random; those of a file have their own."""

    second: SecondConfig = SecondConfig()
    """The same texts in other tokens."""

    def of_second(self) -> "TextConfig | None":
        """Return how the second stream is tokenised; None where there is none."""
        if self.second.tokens == "none":
            return None
        return self.model_copy(update={**dict(self.second), "vectors_file": None, "second": SecondConfig()})


class TableConfig(PreprocessingBase):
    """A row of a table is a sample: its numbers scaled, its categories one-hot."""

    kind: Literal["table"] = "table"

    steps: Literal["columns", "one"] = "columns"
    """What the sequence is made of: one step per column (a single channel), or one step with every column."""

    missing: Literal["refuse", "mean", "mask"] = "refuse"
    """Null cells: stop, take the training mean, or that and a column per column with holes that says where a value
    was measured."""

    most_categories: PositiveInt = 50
    """Values of a categorical column that get a place of their own, the most frequent in training; others share one."""
