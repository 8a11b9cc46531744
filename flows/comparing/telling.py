"""What a comparison tells: the leaderboard, in the terminal and as artifacts, and how the run ended."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.artifacts import create_link_artifact, create_markdown_artifact
from prefect.client.schemas.objects import State

from flows.comparing.tasks import Journey
from flows.showing.board import Table
from flows.showing.keys import key_of
from flows.showing.tags import tag_run, version_tags
from flows.showing.terminal import Terminal
from pipeline.foundation.words import one_line


def ended(state: Callable[..., State[Any]], journey: Journey) -> State[Any]:
    """Tag the run with its versions, write its end into the journal and return its state."""
    record = journey.recorder.record
    tag_run(UUID(record.flow_run_id), version_tags(journey.recorder.project))
    level, numbers = (
        ("error" if record.exit_code else "info"),
        {"state": record.state, "exit_code": record.exit_code},
    )
    journey.terminal.journal.write("run_ends", record.message, level=level, numbers=numbers)
    return state(message=one_line(record.message))


def left_out(name: str, reason: str) -> str:
    """Return the line about a candidate that does not take part."""
    return f"left out  {name}: {reason}"


def tell(table: Table, terminal: Terminal) -> None:
    """Print the leaderboard."""
    terminal.line()
    terminal.line(table.verdict)
    terminal.line()
    terminal.table(table.header, table.rows, left=2)
    terminal.line()
    for reason in table.left_out:
        terminal.line(f"left out  {reason}")
    terminal.line(f"report   {table.page}")


def publish(project: Path, table: Table) -> None:
    """Leave the leaderboard as artifacts in Prefect."""
    create_link_artifact(
        key=key_of(project, "comparison"),
        link=table.page.resolve().as_uri(),
        link_text=str(table.page),
        description="The leaderboard as a page. Browsers open a file from here only after copying the address.",
    )
    create_markdown_artifact(
        key=key_of(project, "leaderboard"),
        markdown=table.markdown(),
        description="Every candidate beside every floor and rival.",
    )
