"""From samples to rows of the table of predictions, some thousand at a time."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.foundation.table import read_groups
from pipeline.heads.config import quantile_levels
from pipeline.model.saved import load_model, read_blueprint
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.outlet import SAMPLES
from pipeline.preprocessing.predictions import Bands, prediction_table
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.stream import Floats
from pipeline.preprocessing.unseen.taken import Taken, refused
from pipeline.stages.bundle import Bundle
from pipeline.stages.fitting import settle
from pipeline.stages.represented import Represented
from pipeline.training.device import choose_device
from pipeline.training.portion import Portion
from pipeline.training.predict import predict

AT_ONCE = 4096
"""Samples whose answers are held together."""

ENDLESS = "the model answers with no finite number; look for extreme values in the row"


class Scorer:
    """A trained network that fills the table of predictions; it keeps nothing of them, so threads may share it."""

    def __init__(self, bundle: Bundle) -> None:
        """Load the network, and set this process up for it."""
        config = bundle.config
        settle(config.run)
        blueprint = read_blueprint(bundle.analyze)
        self.name = blueprint.name
        self.meta: StreamMeta = bundle.fitted.meta
        self.question: Question = bundle.fitted.question
        self.net = load_model(bundle.analyze)
        self.levels = quantile_levels(config.heads)
        self.thresholds = np.asarray(blueprint.thresholds, np.float32) if blueprint.thresholds else None
        anywhere = {"accelerator": "auto", "devices": 1, "nodes": 1, "precision": "32"}
        self.device = choose_device(config.training.model_copy(update=anywhere)).torch
        self.net.to(self.device).eval()

    def empty(self) -> pl.DataFrame:
        """Return the table without a row."""
        meta = self.meta
        width = (meta.horizon, len(meta.targets)) if meta.head == "forecast" else (max(len(meta.classes), 1),)
        quantiles = (len(self.levels),) if self.levels else ()
        return self._table(pl.DataFrame(schema=SAMPLES), np.zeros((0, *width, *quantiles), np.float32))

    def scored(
        self, taken: Taken, heard: Represented | None = None
    ) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        """Yield the table, and ``sample_id`` and ``reason`` of the samples without a finite answer."""
        hear = None if heard is None else heard.add
        first = 0
        for group in read_groups(taken.keys):
            for keys in (group[start : start + AT_ONCE] for start in range(0, group.height, AT_ONCE)):
                portion = Portion(taken.reader, first, first + keys.height)
                first += keys.height
                answer = predict(self.net, portion, device=self.device, hear=hear)
                if heard is not None:
                    heard.add_tokens(portion, self.meta)
                finite = np.asarray(np.isfinite(answer).reshape(len(answer), -1).all(axis=1))
                bare = refused(keys["sample_id"], [None if fine else ENDLESS for fine in finite.tolist()])
                yield self._table(keys.filter(pl.Series(finite)), answer[finite]), bare

    def with_targets(self, table: pl.DataFrame, targets: pl.DataFrame) -> pl.DataFrame:
        """Return the table with what the input says is right, where it does.

        Args:
            table: Predictions.
            targets: ``sample_id`` and ``target``, as the source has it.
        """
        if self.meta.head == "forecast":  # what comes after the last row is not there yet
            return table
        cells = table.select("sample_id").join(targets, on="sample_id", how="left", maintain_order="left")
        cell = cells["target"].str.strip_chars()
        match self.meta.head:
            case "classify":
                # A folder of pictures may be named after anything.
                named = self.meta.kind in ("images", "clips", "sound")
                into = self.meta.merged_into or None if self.meta.merged else None
                strange = ~cell.is_in(self.meta.classes)
                known = cell.set(strange, into) if named or into is not None else cell
            case "regress":
                known = cell.cast(pl.Float32, strict=False)
            case _:
                labels = cell.str.split(self.question.separator).list.eval(pl.element().str.strip_chars())
                pairs = pl.DataFrame({"labels": labels, "label": table["label"]})
                known = pairs.select(pl.col("labels").list.contains(pl.col("label"))).to_series()
        return table.with_columns(known.alias("target"))

    def _table(self, keys: pl.DataFrame, answer: Floats) -> pl.DataFrame:
        bands = Bands(self.levels, answer) if self.levels else None
        return prediction_table(
            self.meta,
            keys,
            answer=answer if bands is None else bands.median,
            target=None,
            thresholds=self.thresholds,
            bands=bands,
        )
