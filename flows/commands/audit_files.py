"""Two files or folders, one that trains and one that tests, as one table that an audit can look at."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from flows.commands.audit_headers import with_names
from pipeline.foundation.errors import DataError
from pipeline.foundation.table import TableWriter, write_table
from pipeline.leakage.audit import audit_split
from pipeline.leakage.findings import Finding, Findings
from pipeline.leakage.parts import Head, Kind
from pipeline.proposal.answer import choose_answer
from pipeline.proposal.choice import Wishes
from pipeline.proposal.rows import meaning_of_rows, raw_rows
from pipeline.proposal.source import source_for
from pipeline.sources.base import FIXED
from pipeline.sources.build import build_source
from pipeline.sources.config import PlainTable, SourceConfig, UcrConfig, table_kind

PARTS = ("train", "test")
SIMILARITY = 0.9
KINDS: dict[str, Kind] = {
    "samples": "table", "series": "table", "text": "text", "images": "images", "clips": "clips", "sound": "sound",
}  # fmt: skip


def audit_files(
    files: tuple[Path, Path], columns: dict[str, str | None], place: Path
) -> tuple[tuple[int, int], Findings]:
    """Return how many rows each file has, and what the audit finds between them.

    Args:
        files: What trains, what tests.
        columns: Which column is ``target``, ``group``, ``time``, ``text``; for tables.
        place: Folder for what is written on the way.

    Raises:
        DataError: A file is missing or of no known kind, the two are of different kinds, or share no column.
    """
    found, nameless = with_names((_found(files[0]), _found(files[1])), files)
    first = _meant(found[0], columns, files[0])
    text = getattr(first, "text", None)
    sources = (first, _meant(found[1], {**columns, "text": text}, files[1], may_lack_target=True))
    kind = _kind(sources, files)
    shared, alone = _shared(sources, files)
    table, samples = place / "table.parquet", place / "samples.parquet"
    rows = _write(sources, shared, table)
    firsts = _firsts(table, sources[0], kind)
    write_table(firsts.select("sample_id", "group", "time", "split"), samples)
    lengths = 1 if kind != "series" else int(firsts["steps"].max() or 1)  # type: ignore[arg-type]
    audit = audit_split(
        table, samples, kind=kind, head=_head(table), window=lengths, horizon=0, similarity=SIMILARITY
    )
    return rows, Findings(findings=(*nameless, *alone, *audit.findings))


def _found(file: Path) -> SourceConfig:
    try:
        return source_for(str(file), {})[0]
    except DataError as error:
        raise DataError(str(error).removeprefix("--data ")) from None


def _meant(
    source: SourceConfig, columns: dict[str, str | None], file: Path, *, may_lack_target: bool = False
) -> SourceConfig:
    """Return the source that reads a file; a table's rows are samples, whatever else they are."""
    if not isinstance(source, PlainTable):
        said = next((option for option, name in columns.items() if name is not None), None)
        if said is not None:
            raise DataError(f"--{said} {columns[said]} names a column of a table, and {file.name} is none")
        return source
    named = dict(columns)
    if may_lack_target and named["target"] not in raw_rows(source, 1).columns:
        named["target"] = None  # published test files often come without the answers
    wishes = Wishes(
        named.get("target"), named.get("time"), named.get("group"), text=named.get("text"),
        settings={"sources": {"rows": "samples"}},
    )  # fmt: skip
    if wishes.target is None:
        told = {"rows": "samples", **{option: name for option, name in named.items() if name is not None}}
        return source.model_copy(update=told)
    return meaning_of_rows(source, wishes)


def _kind(sources: tuple[SourceConfig, ...], files: tuple[Path, Path]) -> Kind:
    kinds = [table_kind(source) for source in sources]
    if kinds[0] != kinds[1]:
        raise DataError(
            f"{files[0]} holds {kinds[0]} and {files[1]} {kinds[1]}; an audit compares like with like"
        )
    return "series" if isinstance(sources[0], UcrConfig) else KINDS[kinds[0]]


def _shared(
    sources: tuple[SourceConfig, ...], files: tuple[Path, Path]
) -> tuple[dict[str, Any], list[Finding]]:
    """Return the columns that both files have, with the type to read them as, and what is to say of the others."""
    schemas = [next(build_source(source, Path.cwd()).batches()).schema for source in sources]
    first, second = ({name: kind for name, kind in schema.items() if name not in FIXED} for schema in schemas)
    both = [name for name in first if name in second]
    if not both:
        raise DataError(
            f"{files[0].name} and {files[1].name} share no column: {', '.join(first)} and {', '.join(second)}"
        )
    alone = sorted((set(first) ^ set(second)) - {"target"})
    kinds = {name: first[name] if first[name] == second[name] else pl.String for name in both}
    if "target" in first or "target" in second:
        kinds.pop("target", None)
        kinds["target"] = pl.String
    if not alone:
        return kinds, []
    sentence = f"{len(alone)} columns are in one of the two files only, and were not compared: {', '.join(alone[:5])}"
    return kinds, [
        Finding(
            check="columns of the two files", severity="note", sentence=sentence, count=len(alone),
            of=len(set(first) | set(second)), examples=tuple(alone[:3]),
        )
    ]  # fmt: skip


def _write(sources: tuple[SourceConfig, ...], kinds: dict[str, Any], table: Path) -> tuple[int, int]:
    counts = [0, 0]
    with TableWriter(table) as writer:
        for number, source in enumerate(sources):
            for batch in _batches(source, kinds, PARTS[number], alone=isinstance(source, UcrConfig)):
                first = sum(counts)
                ids = pl.int_range(first, first + batch.height, dtype=pl.Int64, eager=True).alias("sample_id")
                writer.add(batch.select(ids, *(name for name in batch.columns if name != "sample_id")))
                counts[number] += batch.height
    return counts[0], counts[1]


def _batches(
    source: SourceConfig, kinds: dict[str, Any], part: str, *, alone: bool
) -> Iterator[pl.DataFrame]:
    """Yield rows with the fixed columns and the shared ones; the cases of a UCR file are not those of the other."""
    for batch in build_source(source, Path.cwd()).batches():
        rows = batch.with_columns(
            pl.lit(None).alias(name) for name in (*FIXED, *kinds) if name not in batch.columns
        ).with_columns(split=pl.lit(part))
        if alone:
            rows = rows.with_columns(group=pl.concat_str(pl.lit(f"{part} "), "group"))
        yield rows.select(pl.col(name).cast(kind) for name, kind in {**FIXED, **kinds}.items())


def _firsts(table: Path, source: SourceConfig, kind: Kind) -> pl.DataFrame:
    """Return the first row of each sample, with the number of its rows where it has several."""
    columns = ["sample_id", "group", "time", "split"]
    if kind == "clips":
        rows = pl.read_parquet(table, columns=[*columns, "clip"])
        return rows.group_by("split", "clip", maintain_order=True).first()
    rows = pl.read_parquet(table, columns=columns)
    if kind == "series":
        return rows.group_by("group", maintain_order=True).agg(pl.all().first(), steps=pl.len())
    return rows


def _head(table: Path) -> Head:
    """Return what the targets look like; ``classify`` where there are none."""
    if "target" not in pl.read_parquet_schema(table):
        return "classify"
    targets = pl.read_parquet(table, columns=["target"])["target"]
    try:
        head: Head = choose_answer(targets, Wishes()).heads["kind"]
    except DataError:
        return "classify"
    return head
