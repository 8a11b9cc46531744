"""One data set of the catalogue, as its file in ``sets/`` tells it."""

import difflib
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field, PositiveInt
from ruamel.yaml import YAML

from pipeline.foundation.dotted import nested
from pipeline.foundation.errors import DataError
from pipeline.foundation.section import Section

_SETS = files("pipeline.sources.catalogue") / "sets"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PublicFile(Section):
    """A file that anybody with internet can have."""

    name: str
    """Where it goes, below the folder of the set."""

    url: Annotated[str, Field(pattern=r"^https?://")]
    sha256: Sha256
    size: PositiveInt | None = None
    """Bytes; None: only known for the set as a whole."""


class Entry(Section):
    """A public data set."""

    name: str
    """Name for ``convoy data get``, and of the folder below ``data/raw``."""

    task: str
    """What kind of data it holds, and what is asked."""

    head: Literal["classify", "multilabel", "regress", "forecast"] | None
    """What a model is asked for; None: it makes no project of its own."""

    contents: str
    """What is in it, counted."""

    note: str = ""
    """What to know before believing a score."""

    columns: tuple[str, ...] = ()
    """Columns of its tables; empty where it has none."""

    licence: str
    """As its source states it; for a copy by somebody else it may cover the copy only."""

    citation: str
    home: str
    """Page to read about it."""

    size: PositiveInt
    """Bytes of its files, before archives are unpacked."""

    files: PositiveInt
    """Number of those files."""

    sha256: Sha256
    """Hash of the set: of its lines ``HASH  NAME/FILE``, sorted by file, as ``sha256sum`` writes them."""

    archives: tuple[str, ...] = ()
    """Files that are unpacked, and do not stay."""

    derived: str | None = None
    """What was done to the published files; no public address then holds these bytes, only a mirror."""

    base: str | None = None
    """Address below which the files of ``sets/NAME.sha256`` lie, for sets of many files."""

    public: tuple[PublicFile, ...] = ()
    """The files one by one, for sets of a few."""

    settings: dict[str, Any] = Field(default_factory=dict)
    """Dotted settings of ``params.yaml`` that make a project of it; ``{data}`` stands for the folder of the set."""

    @property
    def public_files(self) -> tuple[PublicFile, ...]:
        """Every file that can be downloaded; none of a set that only a mirror holds."""
        if self.base is None:
            return self.public
        lines = (_SETS / f"{self.name}.sha256").read_text(encoding="utf-8").splitlines()
        pairs = (line.split("  ", 1) for line in lines)
        return tuple(
            PublicFile(name=name, url=self.base + quote(name), sha256=digest) for digest, name in pairs
        )

    @property
    def tree(self) -> dict[str, Any]:
        """The settings as ``params.yaml`` nests them."""
        return nested(self.settings)


@cache
def names() -> tuple[str, ...]:
    """Return the names of all data sets, sorted."""
    return tuple(
        sorted(path.name[: -len(".yaml")] for path in _SETS.iterdir() if path.name.endswith(".yaml"))
    )


def entries() -> tuple[Entry, ...]:
    """Return all data sets, sorted by name."""
    return tuple(entry(name) for name in names())


@cache
def entry(name: str) -> Entry:
    """Return the data set called ``name``.

    Raises:
        DataError: There is none; the message names the nearest.
    """
    if name not in names():
        near = difflib.get_close_matches(name, names(), n=1)
        hint = f"did you mean {near[0]}?" if near else "`convoy data list` shows all there are"
        raise DataError(f"the catalogue has no data set {name!r}; {hint}")
    text = (_SETS / f"{name}.yaml").read_text(encoding="utf-8")
    return Entry.model_validate(YAML(typ="safe", pure=True).load(text))
