"""Where rows come from: the section ``sources`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, field_validator

from pipeline.foundation.section import Section


class DigitsConfig(Section):
    """The 1,797 handwritten digits that arrive with scikit-learn: real data, no download."""

    kind: Literal["digits"] = "digits"


class SeriesColumns(Section):
    """Which column of a user's table means what."""

    path: str
    """File, folder or glob pattern, relative to the project; many files are read as one table."""

    time: str | None = None
    """Column with the time of a row; None: the rows are in order, one step apart."""

    group: str | None = None
    """Column that names the entity (ticker, patient, machine) a row belongs to."""

    channels: tuple[str, ...] = ()
    """Numeric columns to use, in this order; empty: every numeric column."""

    target: str | None = None
    """Column with the class of a row, for `heads.kind: classify`; forecasts need none."""

    @field_validator("channels")
    @classmethod
    def _each_once(cls, channels: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in channels if channels.count(name) > 1})
        if twice:
            raise ValueError(
                f"sources.channels names {', '.join(twice)} more than once; name each channel once"
            )
        return channels


class CsvConfig(SeriesColumns):
    """Text tables with a header line."""

    kind: Literal["csv"] = "csv"

    separator: str | None = None
    """Character between columns; None: found from the first lines."""

    encoding: str = "utf-8"
    """Encoding of the text; `utf-8` also takes a byte-order mark."""

    decimal: Literal[".", ","] | None = None
    """Mark before the fraction of a number; None: found from the cells of each column."""

    time_format: str | None = None
    """Format of the time column in strftime's letters; None: found from the first rows."""

    nulls: tuple[str, ...] = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", "-")
    """Cells of channels and times that mean "not measured"; a group or class may have such a name, and only an
    empty cell is none."""

    @field_validator("separator")
    @classmethod
    def _one_character(cls, separator: str | None) -> str | None:
        if separator is not None and (len(separator) != 1 or not separator.isascii()):
            raise ValueError(
                f"sources.separator={separator!r} must be one ASCII character, such as ';' or a tab (\"\\t\" in YAML)"
            )
        return separator


class ParquetConfig(SeriesColumns):
    """Parquet tables."""

    kind: Literal["parquet"] = "parquet"


class FolderConfig(Section):
    """Images in one folder per class."""

    kind: Literal["folder"] = "folder"

    path: str
    """Folder whose sub-folders are named after the classes; deeper folders belong to the class."""

    group_pattern: str | None = None
    """Regular expression whose first group finds the patient, slide or speaker in a file's path."""

    max_pixels: PositiveInt = 50_000_000
    """Larger images are set aside as unreadable: a few bytes can claim to be a huge picture."""


class NpzConfig(Section):
    """Images in one NumPy archive, as MedMNIST writes them."""

    kind: Literal["npz"] = "npz"

    path: str
    """The archive; arrays `train_images`/`train_labels` (also val, test), or `images`/`labels`, or `x`/`y`."""


class IdxConfig(Section):
    """Images in the IDX files of MNIST and its relatives."""

    kind: Literal["idx"] = "idx"

    path: str
    """Folder with `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-…`, plain or `.gz`."""


SourceConfig = Annotated[
    DigitsConfig | CsvConfig | ParquetConfig | FolderConfig | NpzConfig | IdxConfig,
    Field(discriminator="kind"),
]
