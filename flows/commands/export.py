"""What `convoy export --out DIR` does: one model as a folder that scores without Convoy."""

from pathlib import Path

from flows.commands.model import chosen_model
from flows.programs.environment import be_quiet
from flows.showing.terminal import Terminal
from pipeline.stages.export import export


def export_model(out: Path, project: Path, *, model: str | None) -> int:
    """Export a model into ``out``, say how it was checked, and return the exit code.

    Args:
        out: Where the bundle goes.
        project: Whose model it is, and whose rows it is checked with.
        model: Folder of a model, or ``champion``; None: the champion, or before any promotion the last run's.

    Raises:
        PipelineError: What is missing, cannot be carried, or does not agree, in one sentence.
    """
    be_quiet()
    terminal = Terminal()
    with chosen_model(model, project) as chosen:
        report = export(chosen.folder, out, project=project)
    terminal.line(f"{report.summary} ({report.parity.rows}): {chosen.origin}")
    terminal.line(
        f"→ {out}: pip install -r {out / 'requirements.txt'}, then python {out / 'predict.py'} --help"
    )
    return 0
