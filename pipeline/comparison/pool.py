"""Several folds judged as one: each sample is answered by a model that never saw it, and all answers are one table.

What is resampled behind the intervals are groups where there are any, because every group was tested; folds of single
samples are resampled sample by sample. The models of the folds share most of their training samples, which no
resampling of tests sees: intervals of a pool are about the test samples, as those of a single split are.

Source:
    Stone (1974), "Cross-Validatory Choice and Assessment of Statistical Predictions"; Bengio & Grandvalet (2004), "No
    Unbiased Estimator of the Variance of K-Fold Cross-Validation" (what such an interval leaves out).
"""

from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np
import polars as pl

from pipeline.comparison.board import Board, board_of
from pipeline.comparison.hearing import Entry, Hearing
from pipeline.config import Config
from pipeline.evaluation.division import Division
from pipeline.evaluation.judge import DECIDING
from pipeline.foundation.errors import DataError
from pipeline.leakage.findings import Finding, Findings

SEVERITIES = ("leak", "warning", "note", "none")


def pooled_board(hearings: Mapping[str, Hearing], config: Config, *, about: str = "") -> Board:
    """Judge the pool of several folds, and say how everybody did in each of them.

    Args:
        hearings: What tested → the hearing of that fold.
        config: How many resamples, which intervals.
        about: What is compared.

    Raises:
        DataError: A sample was tested twice, the folds know different labels, or predictions are missing or not
            finite.
    """
    board = board_of(pooled(hearings), config, about=about)
    metric, few = DECIDING[board.head], _without_intervals(config)
    scores = [
        {line.name: line.scores[metric] for line in hearing.judged(few, board.chosen).lines}
        for hearing in hearings.values()
    ]
    lines = [
        line.model_copy(update={"fold_scores": tuple(fold[line.name] for fold in scores)})
        for line in board.lines
    ]
    return board.model_copy(update={"folds": tuple(hearings), "lines": tuple(lines)})


def pooled(hearings: Mapping[str, Hearing]) -> Hearing:
    """Return several hearings as one: whoever does not take part in all of them is left out.

    Raises:
        DataError: A sample was tested twice, or the folds know different labels.
    """
    rounds = list(hearings.values())
    own = [{entry.name: entry for entry in each.entries} for each in rounds]
    names = [name for name in own[0] if all(name in entries for entries in own)]
    left_out: dict[str, str] = {}
    for fold, each in hearings.items():
        for name, reason in each.left_out.items():
            left_out.setdefault(
                name, reason if all(name in other.left_out for other in rounds) else f"{fold}: {reason}"
            )
    entries = [_together([each[name] for each in own]) for name in names]
    _refuse_repeated(entries[0], list(hearings))
    if rounds[0].head == "multilabel":
        _refuse_other_labels(entries[0], list(hearings))
    return Hearing(
        entries=entries,
        head=rounds[0].head,
        overlap=max(each.overlap for each in rounds),
        scale=_scale(rounds),
        left_out=left_out,
        division=_division([each.division for each in rounds]),
        findings=_findings(hearings),
    )


def _together(entries: Sequence[Entry]) -> Entry:
    """Return one entry whose trainings answered every fold."""
    first = entries[0]
    return Entry(
        name=first.name,
        role=first.role,
        about=first.about,
        predictions=[
            [path for paths in folds for path in paths]
            for folds in zip(*(each.predictions for each in entries), strict=True)
        ],
        parameters=first.parameters,
        val=[value for each in entries for value in each.val] if all(each.val for each in entries) else (),
        times=[time for each in entries for time in each.times]
        if all(each.times for each in entries)
        else (),
    )


def _refuse_repeated(entry: Entry, folds: Sequence[str]) -> None:
    seen: set[int] = set()
    for fold, path in zip(folds, entry.predictions[0], strict=True):
        ids = set(pl.scan_parquet(path).select(pl.col("sample_id").unique()).collect()["sample_id"].to_list())
        if twice := seen & ids:
            raise DataError(
                f"{len(twice):,} samples, such as sample_id {min(twice)}, are tested in {fold} and in a fold before "
                f"it; folds are pooled where each sample is tested once: choose another preprocessing.split"
            )
        seen |= ids


def _refuse_other_labels(entry: Entry, folds: Sequence[str]) -> None:
    known: set[str] | None = None
    for fold, path in zip(folds, entry.predictions[0], strict=True):
        labels = set(pl.scan_parquet(path).select(pl.col("label").unique()).collect()["label"].to_list())
        if known is not None and labels != known:
            raise DataError(
                f"the training samples of {fold} have other labels than those of {folds[0]}, such as "
                f"{min(labels ^ known)!r}, so their answers are no one table; merge rare labels "
                f"(preprocessing.rare_classes), or use fewer folds"
            )
        known = labels


def _scale(rounds: Sequence[Hearing]) -> dict[str, float]:
    """Return the unit of each channel: the root of its mean variance over the training splits."""
    return {
        name: float(np.sqrt(fmean(each.scale.get(name, value) ** 2 for each in rounds)))
        for name, value in rounds[0].scale.items()
    }


def _division(divisions: Sequence[Division]) -> Division:
    first = divisions[0]
    means = {name: round(fmean(each.counts[name] for each in divisions)) for name in first.counts}
    tested = sum(each.counts["test"] for each in divisions)
    return Division(first.kind, {**means, "test": tested}, None, first.folds, first.folds_of)


def _findings(hearings: Mapping[str, Hearing]) -> Findings:
    """Return each check by the fold in which it found the worst."""
    worst: dict[str, Finding] = {}
    for fold, hearing in hearings.items():
        for finding in hearing.findings.findings:
            told = finding.model_copy(update={"sentence": f"{fold}: {finding.sentence}"})
            other = worst.setdefault(finding.check, told)
            if SEVERITIES.index(finding.severity) < SEVERITIES.index(other.severity):
                worst[finding.check] = told
    return Findings(findings=tuple(worst.values()))


def _without_intervals(config: Config) -> Config:
    return config.model_copy(update={"evaluation": config.evaluation.model_copy(update={"resamples": 1})})
