"""What a run leaves in Prefect's UI when it ends: its stages, its verdicts, its metrics, the way to its report."""

from pathlib import Path

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from flows.runs.record import Record
from flows.showing.keys import key_of
from flows.showing.scores import read_scores, report_page
from flows.showing.verdicts import Told, evaluation_told, validation_told


def publish(project: Path, record: Record) -> None:
    """Create the artifacts of a run that is about to end; the verdict on a model only where all is up to date."""
    create_table_artifact(
        key=key_of(project, "stages"),
        table=[
            {"stage": stage.stage, "outcome": stage.outcome, "seconds": stage.seconds}
            for stage in record.stages
        ],
        description=f"What became of each stage of {project.name}, run {record.run}.",
    )
    _verdict(project, "validation", validation_told(project, record))
    if record.exit_code:
        return
    _verdict(project, "verdict", evaluation_told(project))
    if scores := read_scores(project):
        create_markdown_artifact(
            key=key_of(project, "metrics"),
            markdown=scores.markdown(),
            description="The model beside its baselines.",
        )
    if page := report_page(project):
        create_link_artifact(
            key=key_of(project, "report"),
            link=page.resolve().as_uri(),
            link_text=str(page),
            description="The full report. Browsers open a file from here only after copying the address.",
        )


def _verdict(project: Path, what: str, told: Told | None) -> None:
    if told is not None:
        create_markdown_artifact(key=key_of(project, what), markdown=told.markdown, description=told.line)
