"""What a run leaves in Prefect's UI: its stages with times, its metrics, the way to its report."""

from pathlib import Path

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from flows.runs.record import Record
from flows.showing.scores import read_scores, report_page


def publish(project: Path, record: Record) -> None:
    """Create the artifacts of a run that is about to end; metrics only where all stages are up to date."""
    create_table_artifact(
        key="stages",
        table=[
            {"stage": stage.stage, "outcome": stage.outcome, "seconds": stage.seconds}
            for stage in record.stages
        ],
        description=f"What became of each stage of {project.name}, run {record.run}.",
    )
    if record.exit_code:
        return
    if scores := read_scores(project):
        create_markdown_artifact(
            key="metrics", markdown=scores.markdown(), description="The model beside its baselines."
        )
    if page := report_page(project):
        create_link_artifact(
            key="report",
            link=page.resolve().as_uri(),
            link_text=str(page),
            description="The full report. Browsers open a file from here only after copying the address.",
        )
