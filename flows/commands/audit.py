"""``convoy audit``: what is the same on both sides of a split, of two files or of the project's last run."""

import textwrap
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.showing.terminal import Terminal
from pipeline.foundation.errors import ConfigError, DataError
from pipeline.foundation.files import json_text
from pipeline.foundation.folder import verified
from pipeline.leakage.findings import Finding, Findings

LEAKS = 4
"""Exit code where there is a leak: as for data that break a rule."""

WIDTH = 98
SHOWN = ("leak", "warning", "note")
STYLES = {"leak": "red", "warning": "yellow", "note": "bold"}


def audit(
    files: tuple[Path, Path] | None, project: Path, columns: dict[str, str | None], *, as_json: bool = False
) -> int:
    """Print what the leakage audit finds, and return the exit code.

    Args:
        files: A file or folder that trains, and one that tests; None: the last run of the project.
        project: Where ``data/preprocess`` is.
        columns: Which column is the target, the group, the time, the text; for tables.
        as_json: Whether to print for a program.

    Raises:
        ConfigError: Columns are named for a run.
        DataError: The files cannot be read, or there was no run.
    """
    if files is None:
        _refuse_columns(columns)
        title, findings = f"the last run in {project.resolve().name}", _of_last_run(project)
    else:
        from flows.commands.audit_files import audit_files

        with TemporaryDirectory(prefix="convoy-") as place:
            rows, findings = audit_files(files, columns, Path(place))
        title = " and ".join(
            f"{file.name} ({count:,} {part})"
            for file, count, part in zip(files, rows, ("train", "test"), strict=True)
        )
    if as_json:
        told_all = findings.model_dump(mode="json") | {"of": title, "counts": findings.counts()}
        Terminal().line(json_text(told_all).rstrip())
    else:
        _show(title, findings)
    return LEAKS if findings.counts()["leak"] else 0


def _of_last_run(project: Path) -> Findings:
    folder = project / "data" / "preprocess"
    if not (folder / "audit.json").is_file():
        raise DataError(
            f"{project.resolve().name} has no audit yet: no {folder / 'audit.json'}; call `convoy run` first, or "
            f"`convoy audit TRAIN TEST` with two files"
        )
    return Findings.model_validate_json(verified(folder, "audit.json").read_bytes())


def _refuse_columns(columns: dict[str, str | None]) -> None:
    for option, name in columns.items():
        if name is not None:
            raise ConfigError(
                f"--{option} {name} is for two files: `convoy audit TRAIN TEST --{option} {name}`"
            )


def _show(title: str, findings: Findings) -> None:
    terminal = Terminal()
    terminal.line(f"Leakage audit of {title}")
    for severity in SHOWN:
        for finding in findings.findings:
            if finding.severity == severity:
                terminal.line()
                terminal.line(f"  {terminal.style(severity.upper(), STYLES[severity])}: {finding.check}")
                for line in told(finding):
                    terminal.line(line)
    clean = [finding.check for finding in findings.findings if finding.severity == "none"]
    if clean:
        terminal.line()
        for line in _wrapped(f"Looked for and not found: {', '.join(clean)}.", indent=2):
            terminal.line(line)
    terminal.line()
    terminal.line(findings.summary)


def told(finding: Finding) -> list[str]:
    """Return the lines about a finding: its sentence and its examples, in 100 columns."""
    lines = _wrapped(finding.sentence, indent=4)
    for example in finding.examples:
        lines += _wrapped(f"- {' '.join(example.split())}", indent=6)
    return lines


def _wrapped(text: str, *, indent: int) -> list[str]:
    margin = " " * indent
    return textwrap.wrap(text, WIDTH, initial_indent=margin, subsequent_indent=margin)
