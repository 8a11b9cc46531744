"""Predict new rows with a trained model: what cannot be scored is returned with the reason, and the order is kept."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.drift.findings import DriftReport
from pipeline.foundation.folder import MANIFEST, sha256
from pipeline.foundation.section import Report
from pipeline.foundation.words import plural
from pipeline.preprocessing.config import ClipsConfig, WholeConfig, WindowsConfig
from pipeline.stages.bundle import Bundle, open_bundle
from pipeline.stages.drifting import Drifting
from pipeline.stages.new_table import NewTable, read_new_table
from pipeline.stages.predicted_input import told_input
from pipeline.stages.predicting import Predicting
from pipeline.stages.prediction_file import PredictionFile, require_place
from pipeline.stages.result import Result
from pipeline.stages.scoring import Scorer

SHOWN = 3
FORGETFUL = "drift not tested: the folder of the model has no validate/verdict.json; make it again"


class PredictReport(Report):
    """What became of the rows."""

    model: str
    """Name of the network."""

    scored: int
    """Samples that have a prediction."""

    unscored: int
    """Samples and rows that have none."""

    reasons: dict[str, int]
    """The most frequent reasons, and how often each was met."""

    notes: tuple[str, ...]

    drift: str
    """Whether rows and predictions are like those of training, in one line."""

    drifted: bool
    """Whether they are not."""


def predict(source: str, out: Path, model: Path, *, project: Path, every: bool = False) -> PredictReport:
    """Predict the rows of ``source`` with the model in a folder, and write ``out``.

    Args:
        source: File, folder, pattern or URL of data like those that the model was trained from.
        out: A file that ends in ``.parquet`` or ``.csv``.
        model: Folder of the model, as :func:`pipeline.stages.bundle.make_bundle` writes it.
        project: What the path of ``source`` is relative to.
        every: Windows of a series: whether one ends at every row, or at the last of each group.

    Raises:
        ConfigError: ``out`` has a form that is not known, or the settings of the model are no longer valid.
        DataError: The data cannot be read at all, or lack what the model cannot do without.
        IntegrityError: A file of the model is missing, or was changed.
    """
    require_place(out)
    return Predictor(model).predict(source, out, project=project, every=every)


class Predictor:
    """A model that is loaded once, and predicts any number of inputs; calls from several threads may overlap."""

    def __init__(self, model: Path) -> None:
        """Load the model in a folder.

        Raises:
            ConfigError: Its settings are no longer valid.
            IntegrityError: A file of it is missing, or was changed.
        """
        self.bundle = open_bundle(model)
        self.scorer = Scorer(self.bundle)

    def predict(
        self, source: str, out: Path, *, project: Path, every: bool = False, drift: bool = True
    ) -> PredictReport:
        """Predict the rows of ``source``, and write ``out``.

        Args:
            source: File, folder, pattern or URL of data like those that the model was trained from.
            out: A file that ends in ``.parquet`` or ``.csv``.
            project: What the path of ``source`` is relative to.
            every: As in :func:`predict`.
            drift: Whether rows and answers are compared with those of training.

        Raises:
            ConfigError: ``out`` has a form that is not known.
            DataError: The data cannot be read at all, or lack what the model cannot do without.
        """
        file, bundle, scorer = PredictionFile(out), self.bundle, self.scorer
        with TemporaryDirectory(prefix=".convoy-predict-", dir=out.parent) as place, file:
            table = read_new_table(source, bundle, Path(place), project=project)
            kinds = (WindowsConfig, WholeConfig, ClipsConfig)
            result = Result(scorer, table.unread, in_place=not isinstance(bundle.config.preprocessing, kinds))
            drifting = Drifting(bundle) if drift else None
            heard = None if drifting is None else drifting.represented
            for frame in Predicting(bundle, scorer, table, result, Path(place), every, heard).frames():
                file.add(frame)
                if drifting is not None:
                    drifting.add(frame)
            found = None if drifting is None else drifting.finish(table.path, out)
            report = _report(scorer, table, result, found)
            file.finish(_lineage(bundle, report, source, project))
        return report


def _report(scorer: Scorer, table: NewTable, result: Result, drift: DriftReport | None) -> PredictReport:
    unscored, most = result.reasons.total(), dict(result.reasons.most_common(SHOWN))
    told = f"{plural(result.scored, 'sample')} scored by {scorer.name}"
    told += f", {unscored:,} not scored" if unscored else ""
    return PredictReport(
        summary=told,
        model=scorer.name,
        scored=result.scored,
        unscored=unscored,
        reasons=most,
        notes=(*table.said, *(f"{count:,} {note}" for note, count in table.notes.items() if count)),
        drift=drift.told if drift else FORGETFUL,
        drifted=drift is not None and drift.drift,
    )


def _lineage(bundle: Bundle, report: PredictReport, source: str, project: Path) -> dict[str, Any]:
    """Return what a reader of the file has to know; equal models and data give equal lines."""
    return {
        "model": bundle.lineage,
        "model_manifest": sha256(bundle.folder / MANIFEST),
        "input": told_input(source, project),
        "scored": report.scored,
        "unscored": report.unscored,
        "notes": list(report.notes),
    }
