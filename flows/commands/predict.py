"""What `convoy predict INPUT --out FILE` does: one model over new rows, without Prefect."""

from pathlib import Path

from flows.commands.model import chosen_model
from flows.programs.environment import be_quiet
from flows.runs.secret_input import in_full
from flows.showing.terminal import Terminal
from flows.watching.heard import heard_predictions
from pipeline.foundation.errors import DataError, GateError
from pipeline.stages.predict import PredictReport, predict


def predict_rows(
    source: str, out: Path, project: Path, *, model: Path | None, every: bool, fail_on_drift: bool = False
) -> int:
    """Predict ``source`` into ``out``, say what became of it, and return the exit code.

    Args:
        source: What is predicted; a path is relative to where the command is called.
        out: Where the predictions go.
        project: Whose champion is used where no model is given; before any promotion, its last model.
        model: Folder of a model.
        every: Windows of a series: at every step.
        fail_on_drift: Whether drift ends with exit code 4; the predictions are written all the same.

    Raises:
        PipelineError: What is missing, damaged or no longer fits, in one sentence.
    """
    be_quiet()
    terminal = Terminal()
    place = in_full(source, project) if "://" in source else str(Path(source).expanduser().absolute())

    def answered(by: Path) -> PredictReport:
        try:
            report = predict(place, out, by, project=project, every=every)
        except DataError as error:  # a source knows its path as a setting, and here it is an argument
            raise DataError(str(error).removeprefix("sources.path=")) from None
        heard_predictions(project.resolve(), out, by)
        return report

    with chosen_model(None if model is None else str(model), project) as chosen:
        report = answered(chosen.folder)
        origin = chosen.origin
    _tell(terminal, report, out, origin)
    return GateError.exit_code if fail_on_drift and report.drifted else 0


def _tell(terminal: Terminal, report: PredictReport, out: Path, origin: str) -> None:
    for note in report.notes:
        terminal.line(f"  {note}")
    terminal.line(f"{report.summary}: {origin}")
    for reason, count in report.reasons.items():
        terminal.line(f"  {count:,} × {reason}")
    terminal.line(report.drift)
    terminal.line(f"→ {out}")
    if not report.scored:
        raise DataError(f"not one sample could be scored; {out} holds the reasons")
