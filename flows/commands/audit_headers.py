"""Names for the columns of tables that an audit compares and that have no header line."""

from pathlib import Path

from pipeline.leakage.findings import Finding
from pipeline.proposal.choice import Choice
from pipeline.proposal.header import from_first_line
from pipeline.proposal.looked import Looked
from pipeline.proposal.rows import raw_rows
from pipeline.sources.config import CsvConfig, PlainTable, SourceConfig

CHECK = "header lines of the two files"
Pair = tuple[SourceConfig, SourceConfig]


def with_names(sources: Pair, files: tuple[Path, Path]) -> tuple[Pair, list[Finding]]:
    """Return the sources with names for all columns, and what to say of those whose first line is data.

    A table without a header takes the names of the other one where that has one and as many columns; else they are
    numbered, as ``convoy init`` does.

    Args:
        sources: What trains, what tests.
        files: Where they lie.
    """
    looked = [_looked(source) for source in sources]
    named, findings = list(sources), []
    for at, found in enumerate(looked):
        if found is None or not isinstance(found.source, CsvConfig):
            continue
        names = found.source.names
        theirs = () if looked[1 - at] is not None else _header(sources[1 - at])
        told = f"its columns are called {names[0]} … {names[-1]}"
        if len(theirs) == len(names):
            names, told = theirs, f"its columns are taken to be those of {files[1 - at].name}"
        named[at] = found.source.model_copy(update={"names": names})
        sentence = f"{files[at].name} has {found.choices[-1].reason}; {told}"
        findings.append(Finding(check=CHECK, severity="note", sentence=sentence, count=1, of=2))
    return (named[0], named[1]), findings


def _looked(source: SourceConfig) -> Looked | None:
    if not isinstance(source, CsvConfig):
        return None
    return from_first_line(source, Choice("sources.kind", "csv", "as the name says"))


def _header(source: SourceConfig) -> tuple[str, ...]:
    if not isinstance(source, PlainTable):
        return ()
    return tuple(name for name in raw_rows(source, 1).columns if name != "origin")
