"""A model that answers requests: what was sent becomes a file, which is predicted as by ``convoy predict``."""

import base64
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import torch

from pipeline.export.reading import reading_of
from pipeline.export.schema import input_columns
from pipeline.foundation.errors import DataError, PipelineError
from pipeline.preprocessing.config import TableConfig, WindowsConfig
from pipeline.preprocessing.table.columns import Columns
from pipeline.sources.config import (
    CsvConfig,
    JsonlConfig,
    ParquetConfig,
    SourceConfig,
    SqlConfig,
    table_kind,
)
from pipeline.stages.bundle import Bundle
from pipeline.stages.predict import Predictor

ROWS = "rows.jsonl"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
"""A PNG of one black pixel."""

MEDIA = ("images", "clips", "sound")


@dataclass(frozen=True)
class Answered:
    """What a request gets."""

    answers: list[dict[str, Any]]
    scored: int
    unscored: int
    notes: tuple[str, ...]


class Service:
    """A loaded model; requests may overlap."""

    def __init__(self, model: Path, origin: str) -> None:
        """Load the model in a folder, and set it up for rows that come as JSON.

        Args:
            model: Folder of the model.
            origin: What to call it.

        Raises:
            ConfigError: Its settings are no longer valid.
            IntegrityError: A file of it is missing, or was changed.
        """
        self.origin = origin
        self.predictor = Predictor(model)
        torch.set_num_threads(
            1
        )  # requests run beside one another; threads of one that wait would hold up the others
        bundle = self.predictor.bundle
        self.media = table_kind(bundle.config.sources) in MEDIA
        if not self.media:
            self.predictor.bundle = _told_in_rows(bundle)
        self.series = isinstance(bundle.config.preprocessing, WindowsConfig)

    @property
    def about(self) -> dict[str, Any]:
        """Where the answers come from."""
        lineage = self.predictor.bundle.lineage
        return {"origin": self.origin, "version": lineage.get("version"), "lineage": lineage}

    def warm_up(self) -> None:
        """Answer one typical row: what is imported and prepared at first is not waited for by the first caller."""
        with suppress(PipelineError):
            if self.media:
                self.answer_file("warm.png", PIXEL)
            else:
                self.answer_rows([self.typical_row()])

    def typical_row(self) -> dict[str, Any]:
        """Return a row with the columns of training: means, and the most frequent words."""
        return {column["name"]: self._cell(column["name"], column["type"]) for column in self.columns}

    @property
    def columns(self) -> list[dict[str, Any]]:
        """The columns of rows that may be sent; none where files are."""
        if self.media:
            return []
        bundle, trained = self.predictor.bundle, self.predictor.bundle.ingested
        reading = reading_of(bundle.config.sources)
        return input_columns(bundle.fitted, reading, tuple(trained["channels"]), tuple(trained["categories"]))

    def answer_rows(self, rows: Sequence[Mapping[str, Any]], *, every: bool = False) -> Answered:
        """Answer rows, each with the columns of training as its keys.

        Raises:
            DataError: There are none, or they lack what the model cannot do without.
        """
        if self.media:
            raise DataError(
                'this model reads files, not rows; send {"files": [{"name": …, "content": base64}]}'
            )
        if not rows:
            raise DataError('the request holds no row; send {"rows": [{…}]}')
        if not any(rows):
            raise DataError("not one row holds a cell; send each with the columns of the model as its keys")
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return self.answer_file(ROWS, lines.encode("utf-8", "replace"), every=every)

    def answer_file(self, name: str, content: bytes, *, every: bool = False) -> Answered:
        """Answer the rows of a table, or one picture or recording, given as a file of that name."""
        return self.answer_files({name: content}, every=every)

    def answer_files(self, files: Mapping[str, bytes], *, every: bool = False) -> Answered:
        """Answer files, told apart by their names.

        Raises:
            DataError: A name leads out of its folder, or the files cannot be read.
        """
        if not files:
            raise DataError('the request holds no file; send {"files": [{"name": …, "content": base64}]}')
        with TemporaryDirectory(prefix="convoy-request-") as place:
            folder = Path(place) / "sent"
            for inside, content in _places(files).items():
                path = folder / inside
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            source = folder if self.media else folder / next(iter(files))
            return self._answered(source, Path(place) / "answers.parquet", every=every)

    def _cell(self, name: str, kind: str) -> Any:
        fitted = self.predictor.bundle.fitted
        if kind == "text":
            return "some words"
        if kind == "time":
            return "2026-01-31T12:00:00"
        known = [each for each in (fitted.static, self._table_columns) if each is not None]
        if kind == "word":
            words = [each.values for columns in known for each in columns.categories if each.name == name]
            return next((word for values in words for word in values if word is not None), "a")
        means = {
            own: mean for columns in known for own, mean in zip(columns.channels, columns.means, strict=True)
        }
        means |= dict(zip(fitted.meta.channels, fitted.meta.offset, strict=False)) if not means else {}
        return float(f"{means.get(name, 0.0):.4g}")

    @property
    def _table_columns(self) -> Columns | None:
        fitted = self.predictor.bundle.fitted
        return fitted.columns if isinstance(fitted.config, TableConfig) else None

    def _answered(self, source: Path, out: Path, *, every: bool) -> Answered:
        try:
            report = self.predictor.predict(str(source), out, project=source.parent, every=every, drift=False)
        except DataError as error:
            raise DataError(_without_folder(str(error), source)) from None
        table = pl.read_parquet(out)
        return Answered(_rows(table, source), report.scored, report.unscored, report.notes)


def _told_in_rows(bundle: Bundle) -> Bundle:
    """Return the bundle with a source that reads rows as tables have them, whatever it was trained from."""
    return replace(
        bundle,
        config=bundle.config.model_copy(update={"sources": _table_source(bundle.config.sources, bundle)}),
    )


def _table_source(config: SourceConfig, bundle: Bundle) -> SourceConfig:
    if isinstance(config, CsvConfig | ParquetConfig | JsonlConfig | SqlConfig):
        return config
    reading, kind = reading_of(config), table_kind(config)
    return JsonlConfig(
        path=ROWS,
        rows="steps" if kind == "series" else "samples",
        group=reading.group if kind == "series" else None,
        time=reading.time if kind == "series" else None,
        text=reading.text if kind == "text" else None,
        channels=tuple(bundle.ingested["channels"]),
        categories=tuple(bundle.ingested["categories"]),
    )


def _places(files: Mapping[str, bytes]) -> dict[PurePosixPath, bytes]:
    """Return files by where they go; none is in the way of another."""
    found: dict[PurePosixPath, bytes] = {}
    for name, content in files.items():
        if (path := _inside(name)) in found:
            raise DataError(f"two files are named {name[:60]!r}; give each a name of its own")
        found[path] = content
    for path in found:
        if above := next((each for each in path.parents if each in found), None):
            raise DataError(
                f"{str(above)[:60]!r} is a file and the folder of {str(path)[:60]!r} at once; rename one of them"
            )
    return found


def _inside(name: str) -> PurePosixPath:
    """Return a name that stays in its folder, and that a disk takes."""
    path = PurePosixPath(name)
    strange = "\0" in name or any("\ud800" <= letter <= "\udfff" for letter in name)
    if strange or not path.parts or path.is_absolute() or ".." in path.parts or len(name.encode()) > 255:
        raise DataError(
            f"{name[:60]!r} is no name for a file; give one such as scan1.png, of at most 255 bytes"
        )
    return path


def _without_folder(told: str, source: Path) -> str:
    """Return an error without the folder that the request was written to."""
    told = told.replace("sources.path=", "")
    return told.replace(f"{source.parent}/", "").replace(str(source), "the request")


def _rows(table: pl.DataFrame, source: Path) -> list[dict[str, Any]]:
    """Return answers as JSON has them; of rows that came as JSON, ``row`` counts from 0."""
    if source.name == ROWS:
        row = pl.col("origin").str.extract(r":(\d+)$", 1).cast(pl.Int64) - 1
        table = table.select(row.alias("row"), pl.exclude("sample_id", "origin"))
    times = [name for name, kind in table.schema.items() if kind.is_temporal()]
    empty = [name for name in ("group", "time", "target") if table[name].null_count() == table.height]
    return table.with_columns(pl.col(times).dt.strftime("%Y-%m-%dT%H:%M:%S%.6f")).drop(empty).to_dicts()
