"""Stage ``preprocess``: turn the table into memory-mapped streams, split so that nothing leaks."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from pipeline.foundation.files import write_json
from pipeline.foundation.paths import Paths
from pipeline.foundation.run import RunConfig
from pipeline.foundation.section import Report
from pipeline.foundation.words import plural
from pipeline.heads.config import ForecastConfig, HeadConfig, MultilabelConfig, RegressConfig
from pipeline.leakage.findings import Findings
from pipeline.preprocessing.config import (
    ClipsConfig,
    ImagesConfig,
    PreprocessingConfig,
    SoundConfig,
    TableConfig,
    TextConfig,
    WholeConfig,
    WindowsConfig,
)
from pipeline.preprocessing.meta import SPLITS, Split, StreamMeta
from pipeline.preprocessing.origins import KINDS, write_origins
from pipeline.preprocessing.outlet import Prepared
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.split.fold_units import FoldUnit, fold_unit

log = logging.getLogger(__name__)


class PreprocessReport(Report):
    """What became of the rows."""

    window: int
    frame: tuple[int, ...]
    counts: dict[Split, int]
    split: str
    """Kind of the split."""

    fold: int | None
    """Which of ``folds`` tests, from 0; None: the split has no folds."""

    folds: int | None
    folds_of: FoldUnit | None
    """What folds are made of; None for a walk, whose parts follow one another in time."""

    notes: tuple[str, ...]
    audit: dict[str, int]
    """Findings of the leakage audit per severity."""


def preprocess(
    preprocessing: PreprocessingConfig, heads: HeadConfig, run: RunConfig, *, data: Paths
) -> PreprocessReport:
    """Write the stream, for each split the samples in it, and what the leakage audit found.

    Raises:
        DataError: Cells are missing and may not be, or a part of the split is empty.
        ShapeError: The series is shorter than one window.
    """
    table = data.read("validate", "table.parquet")
    question = replace(question_of(heads), rare=preprocessing.rare_classes)
    prepared = _prepared(table, preprocessing, question, run, data)
    if prepared.meta.kind in KINDS:
        write_origins(table, data.out)
    for note in prepared.notes:
        log.info("%s", note)
    unit = fold_unit(preprocessing, data.out / "samples.parquet")
    findings = _audited(table, preprocessing, prepared, data.out, blocks=unit == "time")
    write_json(findings.model_dump(mode="json"), data.out / "audit.json")
    for sentence in findings.sentences():
        log.warning("audit: %s", sentence)
    counts = ", ".join(f"{prepared.meta.counts[name]:,} {name}" for name in SPLITS)
    split = preprocessing.split
    has_folds = split.kind in ("folds", "walk")
    return PreprocessReport(
        summary=f"{counts} samples of {_shape(prepared.meta)}; {findings.summary}",
        window=prepared.meta.window,
        frame=prepared.meta.frame,
        counts=prepared.meta.counts,
        split=split.kind,
        fold=split.fold if has_folds else None,
        folds=split.folds if has_folds else None,
        folds_of=unit,
        notes=prepared.notes,
        audit=findings.counts(),
    )


def _shape(meta: StreamMeta) -> str:
    """Return what a sample is, and of how many classes or labels."""
    frame = " x ".join(str(size) for size in meta.frame) or "one token"
    steps = f"{'up to ' if meta.ragged else ''}{plural(meta.window, 'step')} of {frame}"
    if not meta.classes:
        return steps
    nouns = ("label", "labels") if meta.head == "multilabel" else ("class", "classes")
    return f"{steps}, {plural(len(meta.classes), *nouns)}"


def question_of(heads: HeadConfig) -> Question:
    """Return what a head asks of a sample."""
    match heads:
        case ForecastConfig():
            return Question("forecast", horizon=heads.horizon, targets=heads.targets)
        case MultilabelConfig():
            return Question("multilabel", separator=heads.separator)
        case RegressConfig():
            return Question("regress", name=heads.name)
        case _:
            return Question(heads.kind)


def _prepared(
    table: Path, config: PreprocessingConfig, question: Question, run: RunConfig, data: Paths
) -> Prepared:
    """Call the kind's own function; each loads only what it needs."""
    match config:
        case WindowsConfig():
            from pipeline.preprocessing.series.windowed import prepare_windows

            return prepare_windows(table, config, question, data.out, seed=run.seed)
        case WholeConfig():
            from pipeline.preprocessing.series.whole import prepare_whole

            return prepare_whole(table, config, question, data.out, seed=run.seed)
        case ImagesConfig():
            from pipeline.preprocessing.media.pictures import prepare_images

            return prepare_images(table, config, question, data.out, seed=run.seed, threads=run.threads)
        case TextConfig():
            from pipeline.preprocessing.text.texts import prepare_texts

            vectors = data.source(config.vectors_file) if config.vectors_file else None
            return prepare_texts(table, config, question, data.out, seed=run.seed, vectors=vectors)
        case TableConfig():
            from pipeline.preprocessing.table.tables import prepare_tables

            return prepare_tables(table, config, question, data.out, seed=run.seed)
        case ClipsConfig():
            from pipeline.preprocessing.media.clips import prepare_clips

            return prepare_clips(table, config, question, data.out, seed=run.seed, threads=run.threads)
        case SoundConfig():
            from pipeline.preprocessing.media.sound import prepare_sound

            return prepare_sound(table, config, question, data.out, seed=run.seed)
        case _:
            assert_never(config)


def _audited(
    table: Path, config: PreprocessingConfig, prepared: Prepared, out: Path, *, blocks: bool
) -> Findings:
    from pipeline.leakage.audit import audit_split

    return audit_split(
        table,
        out / "samples.parquet",
        kind=prepared.meta.kind,
        head=prepared.meta.head,
        window=prepared.meta.window,
        horizon=prepared.meta.horizon,
        similarity=config.split.similarity,
        static=config.static,
        blocks=blocks,
        merged=prepared.meta.merged,
        into=prepared.meta.merged_into,
    )
