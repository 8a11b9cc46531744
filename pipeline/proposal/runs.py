"""Numbered pictures (`A0.jpg … A111.jpg`): whether they are the frames of films, told by names and by neighbours."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.proposal.choice import Choice
from pipeline.proposal.looked import Looked
from pipeline.sources.config import FolderConfig, FramesConfig
from pipeline.sources.frames import in_order

NUMBERED = re.compile(r"(?P<name>.*?)[ _.-]*\d+")
BY_NAME = r"(?:^|/)([^/]*?)[ _.-]*\d+\.[^./]+$"
BY_FOLDER = "^([^/]+)/"
A_CLIP = r"^(.*?)[ _.-]*\d+\.[^./]+$"

MOSTLY = 0.9
SHORTEST = 5
"""Pictures of one name, from which on they may be a film."""

ALIKE = 0.75
"""Frames that follow one another differ by less than this share of what frames far apart differ by.

Films of hands and of people came to 0.1 to 0.66, single images with running numbers to 0.89 and more.
"""

LOOKED_AT = (6, 40)
"""So many runs, and of each so many pictures from its beginning, are compared …"""

SIDE = 32
"""… at so many pixels."""

FEW_CLIPS = 10
CUT = 16
Runs = dict[tuple[str, str], list[str]]
"""Folder and name → files in the order of their numbers."""


@dataclass(frozen=True)
class Told:
    """What folders and names mean."""

    pattern: str
    """Where the class stands."""

    others: str | None
    """Where the one who is shown stands, if that is told."""

    sentence: str


def runs_of(names: Sequence[str]) -> Runs:
    """Return the runs of numbered pictures with several names; empty where the names do not look so."""
    runs: Runs = defaultdict(list)
    for name in names:
        folder, _, file = name.rpartition("/")
        found = NUMBERED.fullmatch(file.rpartition(".")[0])
        if found and found["name"]:
            runs[folder, found["name"]].append(name)
    runs = {key: sorted(files, key=in_order) for key, files in sorted(runs.items())}
    several = len({name for _, name in runs}) > 1 and all("/" not in folder for folder, _ in runs)
    numbered = sum(len(files) for files in runs.values() if len(files) >= SHORTEST)
    return runs if several and numbered >= MOSTLY * len(names) else {}


def from_runs(source: FolderConfig, root: Path, runs: Runs, kind: Choice) -> Looked | None:
    """Return clips for frames that follow one another, classes for numbered images; None: the folders are classes."""
    alike, folders = likeness(root, runs), {folder for folder, _ in runs}
    among = f"pictures that follow one another differ by {alike:.0%} of what others of that name do"
    names = sorted({name for _, name in runs})
    if alike >= ALIKE:
        if len(folders) > 1:
            return None
        reason = f"the name before the number: {_some(names)}"
        choice = Choice("sources.target_pattern", BY_NAME, reason)
        told = source.model_copy(update={"target_pattern": BY_NAME})
        return Looked(told, (Choice(kind.setting, "folder", f"{among}: single images"), choice))
    told_by = _meaning(runs, folders, names)
    length = _clip_length(runs, len(folders) if told_by.pattern == BY_FOLDER else len(names))
    common = {name: getattr(source, name) for name in FolderConfig.model_fields if name != "kind"}
    frames = FramesConfig(
        **{
            **common, "clip_pattern": A_CLIP, "clip_length": length,
            "target_pattern": told_by.pattern, "group_pattern": told_by.others,
        }
    )  # fmt: skip
    return Looked(frames, tuple(_choices(frames, runs, told_by, among)), _warnings(told_by, folders))


def likeness(root: Path, runs: Runs) -> float:
    """Return by how much neighbours of a run differ, as a share of what pictures half a run apart differ by."""
    shares = []
    for files in list(runs.values())[:: max(1, len(runs) // LOOKED_AT[0])][: LOOKED_AT[0]]:
        seen = list(_thumbnails(root, files[: LOOKED_AT[1]]))
        if len(seen) < SHORTEST:
            continue
        half = len(seen) // 2
        near = [_apart(*pair) for pair in pairwise(seen)]
        far = [_apart(seen[at], seen[(at + half) % len(seen)]) for at in range(len(seen))]
        shares.append(float(np.mean(near) / max(float(np.mean(far)), 1e-6)))
    return median(shares) if shares else 1.0


def _thumbnails(root: Path, files: Sequence[str]) -> Iterator[NDArray[np.float32]]:
    for name in files:
        try:
            with Image.open(root / name) as picture:
                yield np.asarray(picture.convert("L").resize((SIDE, SIDE)), np.float32)
        except (OSError, ValueError, Image.DecompressionBombError):
            continue  # the gate will tell


def _apart(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    return float(np.abs(first - second).mean())


def _meaning(runs: Runs, folders: set[str], names: Sequence[str]) -> Told:
    """Tell classes from those who are shown: folders are classes, unless each holds the same few signs."""
    if len(folders) == 1:
        return Told(BY_NAME, None, f"the name before the number: {_some(names)}")
    again = sum(len({folder for folder, name in runs if name == one}) > 1 for one in names)
    if again >= MOSTLY * len(names) and all(len(name) == 1 for name in names):
        return Told(BY_NAME, BY_FOLDER, f"every folder has the signs {_some(names)}")
    return Told(
        BY_FOLDER, BY_NAME if again >= MOSTLY * len(names) else None, f"the folders: {_some(sorted(folders))}"
    )


def _clip_length(runs: Runs, classes: int) -> int | None:
    if len(runs) >= FEW_CLIPS * classes or median(map(len, runs.values())) < 2 * CUT:
        return None
    return CUT


def _choices(frames: FramesConfig, runs: Runs, told: Told, among: str) -> Iterator[Choice]:
    yield Choice("sources.kind", "frames", f"{among}: frames of films")
    yield Choice("sources.clip_pattern", A_CLIP, f"{len(runs):,} films: folder and name before the number")
    if frames.clip_length:
        reason = f"{len(runs):,} films are few to learn from, so each is cut into clips"
        yield Choice("sources.clip_length", str(frames.clip_length), reason)
    yield Choice("sources.target_pattern", told.pattern, told.sentence)
    if told.others:
        who = "the folder" if told.others == BY_FOLDER else "the name before the number"
        yield Choice("sources.group_pattern", told.others, f"{who}: who or what is shown")


def _warnings(told: Told, folders: set[str]) -> tuple[str, ...]:
    single = "if these are single images after all, say -S sources.kind=folder"
    if len(folders) == 1:
        return (f"{single} -S 'sources.target_pattern={BY_NAME}'",)
    other = BY_FOLDER if told.pattern == BY_NAME else BY_NAME
    what = "folder" if told.pattern == BY_NAME else "name before the number"
    return (f"if the {what} is the class, say -S 'sources.target_pattern={other}'", single)


def _some(names: Sequence[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
