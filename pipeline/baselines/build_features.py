"""The one place that knows all kinds of features."""

from pipeline.baselines.dense import Standardised, flat
from pipeline.baselines.features import Features
from pipeline.baselines.grams import Grams
from pipeline.baselines.summary import summary
from pipeline.preprocessing.stream import SplitReader


def build_features(reader: SplitReader) -> Features:
    """Return unfitted features for the data of ``reader``."""
    if reader.meta.kind == "text":
        return Grams(reader.meta.vocabulary)
    return Standardised(summary if reader.meta.ragged else flat)
