"""``convoy data``: the catalogue of public data sets, how one comes into a project, and answers of databases."""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

from flows.runs.lock import only_run
from flows.versions.command import call_dvc
from pipeline.foundation.errors import ConfigError, PipelineError
from pipeline.foundation.words import harmless
from pipeline.sources.catalogue.entry import Entry, entries, entry
from pipeline.sources.catalogue.fetch import fetch, is_there
from pipeline.sources.catalogue.mirror import in_mirror

WIDTH = 100
CLASSES = re.compile(r", [\d,]+ (classes|labels).*")
RAW = Path("data") / "raw"


def list_sets(project: Path, *, as_json: bool) -> str:
    """Return all data sets: a table for people, or JSON for programs."""
    if as_json:
        listed = [
            {**wanted.model_dump(mode="json", exclude={"public", "base"}), "where": where(wanted, project)}
            for wanted in entries()
        ]
        return json.dumps(listed, indent=2, ensure_ascii=False)
    rows = [
        (
            wanted.name,
            CLASSES.sub("", wanted.task),
            wanted.head or "—",
            _size(wanted.size),
            wanted.licence.partition(";")[0].partition(" (")[0],
            where(wanted, project),
        )
        for wanted in entries()
    ]
    return _table(("name", "task", "head", "size", "licence", "where"), rows)


def show_set(name: str, project: Path) -> str:
    """Return everything about one data set.

    Raises:
        DataError: There is none of that name.
    """
    wanted = entry(name)
    about = {
        "task": wanted.task,
        "head": wanted.head or "none: it makes no project of its own",
        "contents": wanted.contents,
        "note": wanted.note,
        "columns": ", ".join(wanted.columns),
        "size": f"{_size(wanted.size)} in {wanted.files:,} file{'s' if wanted.files > 1 else ''}",
        "licence": wanted.licence,
        "citation": wanted.citation,
        "home": wanted.home,
        "sha256": wanted.sha256,
        "where": _where_in_words(wanted, project),
    }
    lines = [wanted.name]
    for key, value in about.items():
        pieces = wrap(value, WIDTH - 12, break_long_words=False, break_on_hyphens=False)
        lines += [f"  {key if not at else '':<10}{piece}" for at, piece in enumerate(pieces)]
    if wanted.settings:
        lines += ["  settings", *(f"    {key}: {_plain(value)}" for key, value in wanted.settings.items())]
    lines += ["", f"Get it:  convoy data get {wanted.name}"]
    if wanted.settings:
        lines.append(f"A project of it:  convoy init DIR --data-set {wanted.name}")
    return "\n".join(lines)


def get_set(name: str, project: Path, to: Path | None) -> str:
    """Bring a data set to ``data/raw/NAME`` of a project, under DVC, or below ``to``; return what to tell.

    Raises:
        DataError: There is no such set, no place holds it, or what came is not what the catalogue lists.
        MachineError: The server cannot be reached, or DVC cannot take it.
        BusyError: A run holds the project.
    """
    wanted = entry(name)
    into = to if to is not None else project / RAW
    if to is not None or not _is_project(project):
        there = is_there(wanted, into / name)
        folder = fetch(name, into, on_progress=_say)
        return f"{folder} {'is there already' if there else _arrived(wanted)}"
    with only_run(project, "convoy data get"):
        pointer = into / f"{name}.dvc"
        if pointer.is_file() and not (into / name).exists():
            call_dvc(["checkout", "--quiet", pointer.relative_to(project).as_posix()], project, must=False)
        there = is_there(wanted, into / name)
        folder = fetch(name, into, on_progress=_say)
        if there and pointer.is_file():
            return f"{folder} is there already, under DVC"
        call_dvc(["add", "--quiet", folder.relative_to(project).as_posix()], project)
    return (
        f"{folder} {_arrived(wanted)}, under DVC; keep {RAW / f'{name}.dvc'} and {RAW / '.gitignore'} in git"
    )


def ask(url: str, query: str, to: Path, project: Path) -> str:
    """Write the answer of a database to a Parquet file; return what to tell.

    Raises:
        ConfigError: It is no URL of a known database, or the file has another ending.
        DataError: The database does not answer, or its answer has no rows.
        MachineError: A driver is missing.
    """
    from pipeline.sources.answer import write_answer

    if to.suffix != ".parquet":
        raise ConfigError(f"--to {to} is written as Parquet; give it the ending .parquet")
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        rows = write_answer(url, query, to, project)
    except PipelineError as error:
        raise type(error)(
            str(error).replace("sources.path", "URL").replace("sources.query", "QUERY")
        ) from error
    return f"{rows:,} rows in {to}\n\nA project of it:  convoy init DIR --data {to}"


def where(wanted: Entry, project: Path) -> str:
    """Return where the set can be had: `here` in the project, `mirror`, `internet`, or `—`."""
    if (project / RAW / wanted.name).is_dir():
        return "here"
    if in_mirror(wanted.name) is not None:
        return "mirror"
    return "internet" if wanted.public_files else "—"


def _where_in_words(wanted: Entry, project: Path) -> str:
    at = where(wanted, project)
    said = {
        "here": f"in {RAW / wanted.name}",
        "mirror": "in the mirror",
        "internet": "on the internet",
        "—": "only in a mirror (CONVOY_DATA_MIRROR), and none that is set holds it",
    }[at]
    return f"{said}; {wanted.derived}" if wanted.derived else said


def _arrived(wanted: Entry) -> str:
    return f"holds {wanted.contents}; licence: {wanted.licence}"


def _is_project(project: Path) -> bool:
    return (project / ".dvc").is_dir()


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of ``WIDTH`` columns at most: the widest column that is not the name is cut."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    most = {4: 16}
    widths = [min(width, most.get(at, width)) for at, width in enumerate(widths)]
    widths[1] = min(widths[1], WIDTH - sum(widths) + widths[1] - 2 * (len(head) - 1))
    lines = []
    for row in (head, *rows):
        cells = [_cut(cell, width) for cell, width in zip(row, widths, strict=True)]
        cells = [
            cell.rjust(width) if at == 3 else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _size(count: int) -> str:
    for unit, size in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, bool)) else str(value)


def _say(sentence: str) -> None:
    sys.stderr.write(harmless(sentence) + "\n")
