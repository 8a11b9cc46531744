"""Text files with one text per line."""

import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import polars as pl

from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import DataError
from pipeline.sources.base import Source
from pipeline.sources.cells.textlines import text_lines
from pipeline.sources.config import LinesConfig, TableKind
from pipeline.sources.payload.gather import Row, Schema, gathered
from pipeline.sources.places.files import existing
from pipeline.sources.places.listing import listed, readable
from pipeline.sources.places.meaning import Folders, Meaning

NUMBERED = re.compile(r"\s*(-?\d+)[\s,:;]+(\S.*?)\s*")
MOST_ROWS = 10_000


class LinesSource(Source):
    """Texts; the class of each is in the file's path, or in a second file, line by line."""

    kind: TableKind = "text"

    def __init__(self, config: LinesConfig, project: Path, *, answers: bool = True) -> None:
        """List the files; ``answers`` says whether each text has to have a class."""
        super().__init__()
        self.config = config
        listing = listed(project, config.path)
        self.root = listing.root
        self.names = self._texts(listing.names)
        in_folders = config.labels is None and any("/" in name for name in self.names)
        folders: Folders = ("wanted" if answers else "allowed") if in_folders else "ignored"
        self.meaning = Meaning(config, folders=folders, answers=answers)
        self.meaning.require(self.names)
        self.has_target = config.labels is not None or self.meaning.has_target
        self.class_names = _class_names(existing(project, config.label_names)) if config.label_names else None

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield the texts of file after file; an empty line is an empty text, so that lines and classes stay pairs."""
        schema: Schema = dict.fromkeys(("origin", "group", "split", "text"), pl.String)
        if self.has_target:
            schema = {**schema, "target": pl.String}
        several = False
        for batch in gathered(self._rows(), schema, "text", most_rows=MOST_ROWS):
            several = True
            yield batch
        if not several:
            raise DataError(f"sources.path={shown(self.config.path)} holds not one line of text with a class")
        self.notes += self.meaning.notes()

    def _texts(self, names: list[str]) -> list[str]:
        """Return the files that hold texts.

        Raises:
            DataError: No name has what ``labels`` says.
        """
        if self.config.labels is None:
            return names
        mark = self.config.labels[0]
        found = [name for name in names if mark in Path(name).name]
        if not found:
            raise DataError(
                f"sources.labels: no file in sources.path={shown(self.config.path)} has {mark!r} in its name, such as "
                f"{readable(names[0])}"
            )
        return found

    def _rows(self) -> Iterator[Row]:
        for place in self.meaning.places(self.names):
            path = self.root / place.name
            targets = self._targets(path)
            for number, (text, target) in enumerate(self._pairs(path, targets), 1):
                answer = [place.target if targets is None else target] if self.has_target else []
                yield (f"{place.origin}:{number}", place.group, place.split, text, *answer)

    def _pairs(self, path: Path, targets: Path | None) -> Iterator[tuple[str, str | None]]:
        """Yield each text with its class.

        Raises:
            DataError: The two files have not the same number of lines.
        """
        texts = text_lines(path, self.config.encoding)
        if targets is None:
            yield from ((text, None) for text in texts)
            return
        for number, (text, answer) in enumerate(
            zip_longest(texts, text_lines(targets, self.config.encoding)), 1
        ):
            if text is None or answer is None:
                longer, shorter = (targets, path) if text is None else (path, targets)
                raise DataError(
                    f"{shorter.name} ends after {number - 1:,} lines and {longer.name} does not; a class for each "
                    f"text is wanted, line by line"
                )
            yield text, self._named(answer.strip(), f"{targets.name}:{number}")

    def _targets(self, path: Path) -> Path | None:
        if self.config.labels is None:
            return None
        found = path.with_name(path.name.replace(*self.config.labels))
        if not found.is_file() or found == path:
            raise DataError(
                f"sources.labels={list(self.config.labels)}: {path.name} has no {found.name} beside it"
            )
        return found

    def _named(self, answer: str, origin: str) -> str | None:
        if self.class_names is None or not answer:
            return answer or None
        parts = [answer] if answer in self.class_names else [part.strip() for part in answer.split(",")]
        unknown = [part for part in parts if part not in self.class_names]
        if unknown:
            raise DataError(
                f"{origin} holds the class {unknown[0]!r}; {self.config.label_names} names "
                f"{', '.join(list(self.class_names)[:20])}"
            )
        return ",".join(self.class_names[part] for part in parts)


def _class_names(path: Path) -> dict[str, str]:
    """Return the names of the classes by their numbers: those in front of them, else their places."""
    lines = [line for line in text_lines(path) if line.strip()]
    if not lines:
        raise DataError(f"sources.label_names: {path.name} is empty; a class per line is wanted")
    found = [NUMBERED.fullmatch(line) for line in lines]
    if all(found):
        return {match.group(1): match.group(2) for match in found if match}
    return {str(number): line.strip() for number, line in enumerate(lines)}
