"""Which of a user's columns means what, found from the first rows of a table."""

import difflib
from dataclasses import dataclass

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.sources.config_tables import TableColumns

NUMERIC_SHARE = 0.5
FEW_WORDS = 50
"""Different words up to which a column holds categories; more of them are names, or texts."""

OURS = {"group", "time", "target", "origin", "split", "sample_id"}


@dataclass(frozen=True)
class Columns:
    """The columns that are read besides those that the settings name."""

    channels: tuple[str, ...]
    categories: tuple[str, ...]
    empty: tuple[str, ...] = ()
    """Columns left out because their first rows hold nothing; a value further down would be lost."""

    notes: tuple[str, ...] = ()

    def needed(self, config: TableColumns) -> set[str]:
        """Return every column that is read."""
        named = (config.time, config.group, config.target, config.split, config.text)
        return {*self.channels, *self.categories, *self.empty, *(name for name in named if name)}


def find_columns(head: pl.DataFrame, config: TableColumns, place: str) -> Columns:
    """Return what the columns are.

    Args:
        head: The first rows, as their owner wrote them.
        config: Which column means what, as far as the user says it.
        place: What the user calls the data.

    Raises:
        DataError: A named column is not there or holds no cells, or there is none to learn from.
    """
    _require(head, config, place)
    if config.text is not None:
        return _clear(Columns(config.channels, config.categories), config)
    if config.channels and not config.categories:
        return _clear(Columns(config.channels, ()), config)
    taken = {config.time, config.group, config.target, config.split, *config.channels, *config.categories}
    others = [head[name] for name in head.columns if name not in taken]
    numeric = () if config.channels else tuple(column.name for column in others if _is_numeric(column))
    words: tuple[str, ...] = ()
    if config.rows == "samples" and not config.channels and not config.categories:
        words = tuple(
            column.name for column in others if column.name not in numeric and _has_few_words(column)
        )
    channels, categories = config.channels or numeric, config.categories or words
    if not channels and not categories:
        shown = ", ".join(column.name for column in others[:20]) or "no others"
        raise DataError(
            f"{place} has no numeric column besides time, group and target; it has: {shown}; "
            f"if there should be more, check sources.separator"
        )
    left = [column for column in others if column.name not in (*channels, *categories)]
    return _clear(_noted(channels, categories, [] if config.channels else left), config)


def _noted(channels: tuple[str, ...], categories: tuple[str, ...], left: list[pl.Series]) -> Columns:
    empty = tuple(column.name for column in left if column.null_count() == len(column))
    full = [column.name for column in left if column.name not in empty]
    notes = [f"columns left out because they are no numbers: {', '.join(full)}"] if full else []
    notes += [f"columns left out because they are empty: {', '.join(empty)}"] if empty else []
    return Columns(channels, categories, empty, tuple(notes))


def _clear(columns: Columns, config: TableColumns) -> Columns:
    ours = OURS | ({"text"} if config.text else set())
    clash = ours & {*columns.channels, *columns.categories}
    if clash:
        setting = "categories" if clash & set(columns.categories) else "channels"
        raise DataError(
            f"sources.{setting}: {sorted(clash)} are names this pipeline uses itself; rename those columns"
        )
    both = sorted(set(columns.channels) & set(columns.categories))
    if both:
        raise DataError(f"sources.categories: {both} are channels, too; name each column once")
    return columns


def _require(head: pl.DataFrame, config: TableColumns, place: str) -> None:
    wanted: dict[str, list[str | None]] = {
        "time": [config.time],
        "group": [config.group],
        "target": [config.target],
        "split": [config.split],
        "text": [config.text],
        "channels": list(config.channels),
        "categories": list(config.categories),
    }
    for setting, names in wanted.items():
        for name in names:
            if name is not None and name not in head.columns:
                near = difflib.get_close_matches(name, head.columns, n=1)
                hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(head.columns[:20])}"
                raise DataError(f"sources.{setting}: {place} has no column {name!r}; {hint}")
            if name is not None:
                _require_cells(head[name], setting, place)


def _require_cells(column: pl.Series, setting: str, place: str) -> None:
    kind = column.dtype
    if kind.is_nested() or kind in (pl.Binary, pl.Object) or (setting == "channels" and kind.is_temporal()):
        wanted = "number" if setting == "channels" else "number, text or time"
        raise DataError(
            f"sources.{setting}: the column {column.name!r} of {place} holds {kind}; a column with one {wanted} per "
            f"row is wanted"
        )


def _is_numeric(column: pl.Series) -> bool:
    return numeric_share(column) > NUMERIC_SHARE


def numeric_share(column: pl.Series) -> float:
    """Return the share of the non-null cells of ``column`` that are numbers; 0 where all are null."""
    known = column.len() - column.null_count()
    if not known or column.dtype.is_temporal() or column.dtype.is_nested():
        return 0.0
    try:
        numbers = column.cast(pl.Float64, strict=False)
    except pl.exceptions.PolarsError:  # bytes, objects: no numbers
        return 0.0
    return (numbers.len() - numbers.null_count()) / known


def _has_few_words(column: pl.Series) -> bool:
    if column.dtype not in (pl.String, pl.Boolean, pl.Categorical, pl.Enum):
        return False
    known = column.drop_nulls()
    distinct = known.n_unique()
    return 0 < distinct <= FEW_WORDS and 2 * distinct <= len(known)
