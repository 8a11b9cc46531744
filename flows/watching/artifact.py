"""Drift in Prefect's UI: the last comparison and those before it, under one key."""

from pathlib import Path

from prefect.artifacts import create_markdown_artifact

from flows.showing.keys import key_of
from flows.showing.scores import as_markdown
from flows.watching.history import Entry, entries
from flows.watching.page import PAGE

SHOWN, NAMES = 20, 3


def publish_drift(project: Path, summary: str | None = None) -> None:
    """Create the artifact ``…-drift``; without a comparison there is none.

    Args:
        project: Its folder.
        summary: What the last comparison found, in a sentence.
    """
    known = entries(project)
    if not known:
        return
    last = known[-1]
    line = summary or f"{_told(last)} ({last.kind}: {last.name}, {last.time[:16].replace('T', ' ')} UTC)"
    header = ["time (UTC)", "of", "rows", "distance", "p", "score", "drift"]
    table = as_markdown(header, [_row(entry) for entry in reversed(known[-SHOWN:])])
    page = f"With a plot: `{project.resolve() / PAGE}`"
    create_markdown_artifact(
        key=key_of(project, "drift"),
        markdown=f"**{line}**\n\nNew data beside those that the model was made from, the last comparison first.\n\n"
        f"{table}\n{page}\n",
        description=line,
    )


def _told(entry: Entry) -> str:
    worse = ", and the model has become worse" if entry.worse else ""
    return (f"drift in {', '.join(entry.columns)}" if entry.drift else "no drift") + worse


def _row(entry: Entry) -> list[str]:
    score = "" if entry.score is None else f"{entry.score:.3g}{' (worse)' if entry.worse else ''}"
    return [
        entry.time[:16].replace("T", " "),
        f"{entry.kind}: {entry.name}",
        f"{entry.rows:,}",
        "" if entry.distance is None else f"{entry.distance:.3f}",
        "" if entry.p_value is None else f"{entry.p_value:.2g}",
        score,
        _columns(entry),
    ]


def _columns(entry: Entry) -> str:
    names = ", ".join(entry.columns[:NAMES])
    more = f", and {len(entry.columns) - NAMES} more" if len(entry.columns) > NAMES else ""
    return f"{names}{more}" if names else ("" if entry.tests else "not tested")
