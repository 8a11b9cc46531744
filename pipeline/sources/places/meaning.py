"""What a file's path, or a table of labels, says about the file: its class, its group, its split."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import DataError
from pipeline.sources.config_tables import FileMeaning
from pipeline.sources.places.labels import Labels
from pipeline.sources.places.listing import readable

SPLITS = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
Folders = Literal["wanted", "allowed", "ignored"]
"""Whether the class may stand in the folder's name: where nothing else says it; if there is a folder; never."""


class Place(NamedTuple):
    """A file, and what is known of it before it is opened."""

    name: str
    """Path relative to the root."""

    group: str | None
    split: str | None
    target: str | None

    @property
    def origin(self) -> str:
        """The path as text."""
        return readable(self.name)


class Meaning:
    """The rules of one source; counts what they do not fit."""

    def __init__(
        self,
        config: FileMeaning,
        *,
        labels: Labels | None = None,
        folders: Folders = "wanted",
        answers: bool = True,
    ) -> None:
        """Take in the rules.

        Args:
            config: The patterns.
            labels: The table of labels, where there is one.
            folders: Whether the class may stand in the folder's name.
            answers: Whether the rules have to find what they look for. Files to predict need neither class nor split,
                and a new one may be called anything.
        """
        self.config = config
        self.answers = answers
        self.labels = labels
        self.folders = folders
        self._patterns = {
            setting: re.compile(pattern) if pattern else None
            for setting, pattern in (
                ("split", config.split_pattern),
                ("group", config.group_pattern),
                ("target", config.target_pattern),
            )
        }
        self._missed: Counter[str] = Counter()
        self._first_missed: dict[str, str] = {}

    def require(self, names: Sequence[str]) -> None:
        """Refuse rules that fit not one of the files ``names``.

        Raises:
            DataError: A pattern finds nothing, or there is nothing that tells a class.
        """
        for setting, pattern in self._patterns.items():
            if pattern and self.answers and not any(_found(pattern, name) for name in names):
                raise DataError(
                    f"sources.{setting}_pattern={pattern.pattern} finds nothing in any of {len(names)} paths, such as "
                    f"{readable(names[0])}; correct the pattern (it is searched for below sources.path)"
                )
        by_folder = self.folders == "wanted" and not self.labels and not self._patterns["target"]
        if by_folder and not any(_class_folder(name) for name in names):
            raise DataError(
                f"sources.path={shown(self.config.path)} holds {len(names)} files and no class folders, such as "
                f"{readable(names[0])}; put each into a folder named after its class, or say where the class stands "
                f"with sources.target_pattern or sources.labels"
            )

    def places(self, names: Sequence[str]) -> Iterator[Place]:
        """Yield each file with what is known of it; those without a class are counted and passed over."""
        for name in names:
            target = self.target(name)
            if target is None and self.has_target:
                self._miss("target", name)
                continue
            yield Place(name, self.group(name), self.split(name), target)

    @property
    def has_target(self) -> bool:
        """Whether every file has to have a class."""
        return self.answers and bool(self.labels or self._patterns["target"] or self.folders == "wanted")

    def target(self, name: str) -> str | None:
        """Return the class of a file: from the table, else from the pattern, else its folder's name."""
        if self.labels:
            return self.labels.target(name)
        pattern = self._patterns["target"]
        if pattern:
            return _found(pattern, readable(name))
        return None if self.folders == "ignored" else _class_folder(name)

    def group(self, name: str) -> str | None:
        """Return the patient, slide or speaker of a file."""
        if self.labels and self.labels.has_groups:
            return self.labels.group(name)
        pattern = self._patterns["group"]
        found = _found(pattern, readable(name)) if pattern else None
        if pattern and found is None:
            self._miss("group", name)
        return found

    def split(self, name: str) -> str | None:
        """Return the split of a file: from the pattern, else its first folder if that is called train, val, test.

        Raises:
            DataError: The pattern finds another word.
        """
        pattern = self._patterns["split"]
        if not self.answers:
            return None
        if pattern is None:
            parts = name.split("/")
            return SPLITS.get(parts[0].lower()) if len(parts) > 1 else None
        found = pattern.search(readable(name))
        if found is None:
            self._miss("split", name)
            return None
        named = found.lastgroup or ""
        word = named if named in SPLITS else next(filter(None, found.groups()), "")
        if word.lower() not in SPLITS:
            raise DataError(
                f"sources.split_pattern={pattern.pattern} finds {word!r} in {readable(name)}; wanted: "
                f"{', '.join(SPLITS)}"
            )
        return SPLITS[word.lower()]

    def notes(self) -> list[str]:
        """Return what the rules did not fit, with counts."""
        told = {
            "target": "have no class and were passed over",
            "group": "have no group",
            "split": "have no split",
        }
        notes = [
            f"{self._missed[setting]:,} files {sentence}, such as {self._first_missed[setting]}"
            for setting, sentence in told.items()
            if self._missed[setting]
        ]
        return notes + (self.labels.notes() if self.labels else [])

    def _miss(self, setting: str, name: str) -> None:
        self._missed[setting] += 1
        self._first_missed.setdefault(setting, readable(name))


def _found(pattern: re.Pattern[str], name: str) -> str | None:
    """Return what the first group that took part in the match has found; nothing found is nothing."""
    found = pattern.search(name)
    return next(filter(None, found.groups()), None) if found else None


def _class_folder(name: str) -> str | None:
    """Return the first folder of a path, after one that only names the split; None: the file lies in none."""
    parts = name.split("/")
    if len(parts) > 2 and parts[0].lower() in SPLITS:
        parts = parts[1:]
    return readable(parts[0]) if len(parts) > 1 else None
