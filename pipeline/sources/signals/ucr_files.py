"""The text formats of the UCR/UEA archive: ``.ts``, ``.tsv``, ``.arff``.

Sources: the format descriptions of https://www.timeseriesclassification.com and of the aeon toolkit (``.ts``), the
archive's own briefing (``.tsv``), and Weka's manual (``.arff``, relational attributes).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError
from pipeline.sources.cells.textlines import text_lines

HEADS = 1000
"""Lines within which ``@data`` has to come where a file is not of this kind at all."""


@dataclass(frozen=True)
class Case:
    """One series."""

    line: int
    channels: tuple[NDArray[np.float64], ...]
    """NaN where nothing was measured."""

    target: str | None


def cases(path: Path) -> Iterator[Case]:
    """Yield the cases of a file by its suffix.

    Raises:
        DataError: It is not of that format, is cut off, or has times.
    """
    match path.suffix.lower():
        case ".ts":
            yield from ts_cases(path)
        case ".arff":
            yield from arff_cases(path)
        case _:
            yield from tsv_cases(path)


def tsv_cases(path: Path) -> Iterator[Case]:
    """Yield the cases of a table without header, the class first; NaN behind the last value only fill the line.

    Raises:
        DataError: A case has no class, or a cell before its last value is empty or no number.
    """
    for line, text in _numbered(path):
        target, *cells = _cells(text)
        if not target:
            raise DataError(
                f"{path.name}:{line} has an empty first cell, where the class of the case is wanted"
            )
        while len(cells) > 1 and not cells[-1]:  # as NaN: they only fill the line
            cells.pop()
        yield Case(line, (without_filling(numbers(cells, path, line), path, line),), target)


def _cells(text: str) -> list[str]:
    """Return the cells of a line, parted by the one thing that parts it: tabs, else commas, else runs of spaces."""
    mark = next((mark for mark in "\t," if mark in text), None)
    return [cell.strip() for cell in text.split(mark)]


def ts_cases(path: Path) -> Iterator[Case]:
    """Yield the cases of a ``.ts`` file: channels between colons, the class last."""
    lines = _numbered(path)
    header = _ts_header(lines, path)
    labels = header.get("classlabel", "true").split()
    labelled = labels[:1] == ["true"] or header.get("targetlabel", "false").lower() == "true"
    dimensions = int(header["dimensions"]) if header.get("dimensions", "").isdigit() else None
    if header.get("univariate", "false").lower() == "true":
        dimensions = 1
    length = header.get("serieslength", "") if header.get("equallength", "true").lower() == "true" else ""
    for line, text in lines:
        parts = [part.strip() for part in text.split(":")]
        dimensions = dimensions or len(parts) - labelled
        if len(parts) != dimensions + labelled:
            raise DataError(
                f"{path.name}:{line} has {len(parts)} parts between colons; {dimensions} channels"
                f"{' and a class' if labelled else ''} are wanted; the file may be cut off"
            )
        channels = tuple(numbers(part.split(","), path, line) for part in parts[:dimensions])
        if length.isdigit() and any(len(channel) != int(length) for channel in channels):
            sizes = sorted({len(channel) for channel in channels})
            raise DataError(
                f"{path.name}:{line} has {sizes} values, and the header says {length} for every case"
            )
        target = parts[-1] if labelled else None
        if target is not None and len(labels) > 1 and target not in labels[1:]:
            raise DataError(
                f"{path.name}:{line} has the class {target!r}; the header names {', '.join(labels[1:])}"
            )
        yield Case(line, channels, target)


def _ts_header(lines: Iterator[tuple[int, str]], path: Path) -> dict[str, str]:
    """Return what stands before ``@data``, with small letters in its keys.

    Raises:
        DataError: There is no such line, or the values carry times.
    """
    header: dict[str, str] = {}
    for _, text in lines:
        if not text.startswith("@"):
            break
        key, _, value = text[1:].partition(" ")
        if key.strip().lower() == "data":
            if header.get("timestamps", "false").lower() == "true":
                raise DataError(
                    f"{path.name} gives a time with each value (@timeStamps true), which is not read; write it "
                    f"as a table with the columns case, time and value (sources.kind: csv)"
                )
            return {("dimensions" if key == "dimension" else key): value for key, value in header.items()}
        header[key.strip().lower()] = value.strip()
    raise DataError(f"{path.name} is no .ts file: it has no line @data after its header")


def arff_cases(path: Path) -> Iterator[Case]:
    r"""Yield the cases of an ``.arff`` file: the class last; channels in quotes, parted by a written ``\n``."""
    lines = _numbered(path)
    attributes = _arff_attributes(lines, path)
    relational = any("relational" in kind for kind in attributes)
    for line, text in lines:
        if relational:
            quote = text[0]
            series, closed, target = text[1:].partition(quote)
            if quote not in "'\"" or not closed or not target.startswith(","):
                raise DataError(
                    f"{path.name}:{line} is no quoted series and its class; the file may be cut off"
                )
            parts = [numbers(part.split(","), path, line) for part in series.split("\\n")]
        else:
            cells = text.split(",")
            if len(cells) != len(attributes):
                raise DataError(
                    f"{path.name}:{line} has {len(cells)} cells, and the header {len(attributes)} attributes"
                )
            parts, target = [numbers(cells[:-1], path, line)], cells[-1]
        channels = tuple(without_filling(part, path, line) for part in parts)
        yield Case(line, channels, target.strip(" ,'\""))


def _arff_attributes(lines: Iterator[tuple[int, str]], path: Path) -> list[str]:
    kinds: list[str] = []
    for _, text in lines:
        word = text.split(maxsplit=1)[0].lower()
        if word == "@data" and kinds:
            return kinds
        if word == "@attribute":
            kinds.append(text.lower())
        elif not text.startswith("@"):
            break
    raise DataError(f"{path.name} is no .arff file: it has no line @data after @attribute lines")


def _numbered(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are neither blank nor comments, with their numbers; tabs of a ``.tsv`` part its cells."""
    comment = {".ts": "#", ".arff": "%"}.get(path.suffix.lower())
    around = None if comment else " \r"
    for number, line in enumerate(text_lines(path, errors="backslashreplace"), 1):
        text = line.strip(around)
        if text and not (comment and text.startswith(comment)):
            yield number, text


def numbers(cells: list[str], path: Path, line: int) -> NDArray[np.float64]:
    """Return cells as numbers, NaN for ``?``.

    Raises:
        DataError: A cell is no number.
    """
    try:
        values = np.array([cell.strip().replace("?", "nan") for cell in cells], np.float64)
    except ValueError:
        values = np.full(len(cells), np.inf)
    if np.isinf(values).any() or not len(values) or any("_" in cell for cell in cells):
        raise DataError(
            f"{path.name}:{line} holds {_worst(cells)!r}, which is no number; the file may be cut off"
        )
    return values


def _worst(cells: list[str]) -> str:
    """Return the first cell that is no finite number."""
    for cell in cells:
        try:
            if "_" not in cell and abs(float(cell.strip().replace("?", "nan"))) != np.inf:
                continue
        except ValueError:
            pass
        return cell[:40]
    return ""


def without_filling(values: NDArray[np.float64], path: Path, line: int) -> NDArray[np.float64]:
    """Return a series without the NaN that fill up its end.

    Raises:
        DataError: It has nothing else.
    """
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        raise DataError(f"{path.name}:{line} holds not one value")
    return values[: known[-1] + 1]
