"""A table with the class of each file."""

import csv
import difflib
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources.config_media import MediaFiles
from pipeline.sources.places.facts import Facts, typed
from pipeline.sources.places.files import existing
from pipeline.sources.places.listing import readable

SEPARATORS = (",", ";", "\t", "|")
LEADING_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
Answer = tuple[str | None, str | None]
"""Class and group."""


class Labels:
    """The rows of a table of labels, found by a file's name."""

    def __init__(
        self,
        answers: dict[str, Answer],
        key: Callable[[str], str],
        notes: list[str],
        *,
        has_groups: bool,
        facts: Facts | None = None,
    ) -> None:
        self._answers = answers
        self._key = key
        self._notes = notes
        self.has_groups = has_groups
        self.facts = facts
        """What else the table says of each file; None where nothing else is asked."""

    def target(self, name: str) -> str | None:
        """Return the class of a file; None where the table has none."""
        return self._answers.get(self._key(name), (None, None))[0]

    def group(self, name: str) -> str | None:
        """Return the patient, slide or speaker of a file."""
        return self._answers.get(self._key(name), (None, None))[1]

    def notes(self) -> list[str]:
        """Return what did not fit, with counts."""
        return self._notes


def read_labels(
    project: Path, config: MediaFiles, names: Sequence[str], suffixes: tuple[str, ...]
) -> Labels | None:
    """Return the table of labels, matched with the files; None where the settings name none.

    Names are compared as whole paths first, then without suffix, without folder, without both, and last with
    numbers as numbers, so that ``1`` finds ``001.bmp``; the strictest way that finds the most files is taken.

    Raises:
        ConfigError: ``label_…`` is set without ``labels``.
        DataError: The table cannot be read, lacks a column, fits no file, or fits one in two ways.
    """
    if config.labels is None:
        settings = ("label_file", "label_target", "label_group", "label_channels", "label_categories")
        named = [name for name in settings if getattr(config, name)]
        if named:
            raise ConfigError(
                f"sources.{named[0]} is a column of a table; name the table with sources.labels"
            )
        return None
    path = existing(project, config.labels)
    rows = label_cells(path)
    columns = _columns(rows[0], config, path)
    answers = [_answer(row, columns) for row in rows[1:]]
    keys = [readable(row[columns[0]].strip()) for row in rows[1:]]
    key = best_key(keys, names, suffixes)
    found = _joined(keys, answers, key, path)
    _require_one_file_each(found, names, key, path)
    return Labels(
        found,
        key,
        _notes(found, answers, names, key, path),
        has_groups=config.label_group is not None,
        facts=_facts(rows, config, path, key=lambda name: key(readable(name)), keys=keys),
    )


def _facts(
    rows: list[list[str]], config: MediaFiles, path: Path, *, key: Callable[[str], str], keys: Sequence[str]
) -> Facts | None:
    """Return the columns that the settings name; None where they name none."""
    header = [name.strip() for name in rows[0]]
    columns = []
    for setting in ("label_channels", "label_categories"):
        for name in getattr(config, setting):
            place = _place(header, setting, name, path)
            cells = [row[place] for row in rows[1:]]
            columns.append(typed(cells, name, number=setting == "label_channels", table=path.name))
    if not columns:
        return None
    return Facts(pl.DataFrame(columns), {key(name): row for row, name in enumerate(keys)}, key)


def label_cells(path: Path) -> list[list[str]]:
    """Return the header and the rows of a table of labels.

    Raises:
        DataError: It is no readable table, or has no rows.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"sources.labels: {path} is no readable UTF-8 text: {error}") from None
    head = text.split("\n", 1)[0]
    separator = max(SEPARATORS, key=head.count)
    try:
        rows = [
            row
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
            if any(row)
        ]
    except csv.Error as error:
        raise DataError(f"sources.labels: {path} cannot be read as a table: {error}") from None
    if len(rows) < 2:
        raise DataError(
            f"sources.labels: {path} has no rows; a header line and a row for each file are wanted"
        )
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise DataError(
                f"sources.labels: row {number} of {path.name} has {len(row)} cells, and the header {len(rows[0])}"
            )
    return rows


def _columns(header: list[str], config: MediaFiles, path: Path) -> tuple[int, int, int | None]:
    """Return the places of file, class and group."""
    names = [name.strip() for name in header]
    file = 0 if config.label_file is None else _place(names, "label_file", config.label_file, path)
    if config.label_target is not None:
        target = _place(names, "label_target", config.label_target, path)
    elif len(names) > 1:
        target = 1 if file != 1 else 0
    else:
        raise DataError(
            f"sources.labels: {path.name} has one column, {names[0]!r}; file and class are wanted"
        )
    group = None if config.label_group is None else _place(names, "label_group", config.label_group, path)
    return file, target, group


def _place(names: list[str], setting: str, wanted: str, path: Path) -> int:
    """Return where the column ``wanted`` stands.

    Raises:
        DataError: There is none, or there are several.
    """
    if names.count(wanted) == 1:
        return names.index(wanted)
    near = difflib.get_close_matches(wanted, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names[:20])}"
    times = "names more than once the" if wanted in names else "has no"
    raise DataError(f"sources.{setting}: {path.name} {times} column {wanted!r}; {hint}")


def _answer(row: list[str], columns: tuple[int, int, int | None]) -> Answer:
    group = None if columns[2] is None else row[columns[2]].strip() or None
    return row[columns[1]].strip() or None, group


def best_key(keys: Sequence[str], names: Sequence[str], suffixes: tuple[str, ...]) -> Callable[[str], str]:
    """Return the strictest way to compare names that finds the most files."""
    best, most = _keys(suffixes)[0], 0
    for key in _keys(suffixes):
        here = {key(name) for name in keys}
        count = sum(key(name) in here for name in names)
        if count > most:
            best, most = key, count
        if most == len(names):
            break
    return best


def _keys(suffixes: tuple[str, ...]) -> list[Callable[[str], str]]:
    def path(name: str) -> str:
        return readable(name).replace("\\", "/").removeprefix("./")

    def without_suffix(name: str) -> str:
        whole = path(name)
        end = next((end for end in suffixes if whole.lower().endswith(end)), "")
        return whole[: len(whole) - len(end)]

    def without_folder(name: str) -> str:
        return path(name).rpartition("/")[2]

    def stem(name: str) -> str:
        return without_suffix(name).rpartition("/")[2]

    def numbers(name: str) -> str:
        return LEADING_ZEROS.sub("", stem(name).casefold())

    return [path, without_suffix, without_folder, stem, numbers]


def _joined(
    keys: Sequence[str], answers: Sequence[Answer], key: Callable[[str], str], path: Path
) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    for name, answer in zip(keys, answers, strict=True):
        before = found.setdefault(key(name), answer)
        if before != answer:
            raise DataError(
                f"sources.labels: {path.name} names {name!r} twice, once with the class {before[0]!r} and once with "
                f"{answer[0]!r}; keep one of them"
            )
    return found


def _require_one_file_each(
    found: dict[str, Answer], names: Sequence[str], key: Callable[[str], str], path: Path
) -> None:
    first: dict[str, str] = {}
    for name in names:
        if key(name) in found and first.setdefault(key(name), name) != name:
            raise DataError(
                f"sources.labels: the row {key(name)!r} of {path.name} fits two files, "
                f"{readable(first[key(name)])} and {readable(name)}; narrow sources.path (such as folder/*.png), or "
                f"write their paths into the table"
            )
    if not first:
        raise DataError(
            f"sources.labels: no name in {path.name}, such as {next(iter(found))!r}, is that of one of the "
            f"{len(names)} files, such as {readable(names[0])!r}; say which column has the names with "
            f"sources.label_file"
        )


def _notes(
    found: dict[str, Answer],
    answers: Sequence[Answer],
    names: Sequence[str],
    key: Callable[[str], str],
    path: Path,
) -> list[str]:
    here = {key(name) for name in names}
    unused = [name for name in found if name not in here]
    notes = [f"{len(unused):,} rows of {path.name} fit no file, such as {unused[0]!r}"] if unused else []
    classes = Counter(target for target, _ in answers if target is not None)
    spelt: dict[str, list[str]] = {}
    for name in sorted(classes):
        spelt.setdefault(name.casefold(), []).append(name)
    twice = [" and ".join(repr(name) for name in ways) for ways in spelt.values() if len(ways) > 1]
    return notes + (
        [f"classes of {path.name} that differ only in capitals: {'; '.join(twice)}"] if twice else []
    )
