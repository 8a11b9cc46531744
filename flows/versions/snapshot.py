"""A snapshot that was taken for a run: kept once its data have passed the gate, taken back if they do not."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.versions.command import call_dvc
from flows.versions.pointing import POINTING, pointed
from pipeline.foundation.files import json_text, text_if_there, write_atomically

GATE = ("ingest", "validate")
"""Stages that new data have to pass; what fails later fails with data that were found good."""

WRITTEN = (*POINTING, "dvc.lock")
"""Files that say which data are in use, in the order in which they are changed."""

JOURNAL = Path(".convoy") / "snapshot.json"
REJECTED = Path(".convoy") / "rejected"


@dataclass(frozen=True)
class Snapshot:
    """Data that were taken for a run and have not passed the gate yet."""

    project: Path
    folder: Path
    """``data/raw/NAME/AS_OF``, relative to the project."""

    replaced: Path
    """The snapshot that was in use before."""

    before: dict[str, str | None]
    """What the files in :data:`WRITTEN` held; None: there was none."""

    def begin(self) -> None:
        """Write down what is to be undone, should this process be killed."""
        story = {
            "folder": self.folder.as_posix(),
            "replaced": self.replaced.as_posix(),
            "before": self.before,
        }
        write_atomically(json_text(story), self.project / JOURNAL)

    def keep(self) -> None:
        """Take them for good."""
        (self.project / JOURNAL).unlink(missing_ok=True)

    def undo(self) -> "Undone":
        """Bring params, stages, lock and the folders of the gate back.

        What DVC's cache does not hold any more is made again by the next run, which finds the old inputs. What somebody
        has changed meanwhile in params or stages stays; there only the snapshot's path is taken back.
        """
        edited = self._edited()
        for name in reversed(WRITTEN):
            text, path = self.before[name], self.project / name
            if name in edited:
                text = pointed(text_if_there(path) or "", self.folder, self.replaced)
            path.unlink(missing_ok=True) if text is None else write_atomically(text, path)
        if outs := _outs(
            self.before["dvc.lock"]
        ):  # without names DVC would overwrite every folder that it knows
            call_dvc(["checkout", "--quiet", "--force", *outs], self.project, must=False)
        kept = self.project / REJECTED / f"{self.folder.parent.name}-{self.folder.name}"
        shutil.rmtree(kept, ignore_errors=True)
        if (self.project / self.folder).exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            (self.project / self.folder).rename(kept)
        if pointer_of(self.project / self.folder).exists():
            call_dvc(["remove", "--quiet", f"{self.folder.as_posix()}.dvc"], self.project, must=False)
        self.keep()
        return Undone(kept, _also(edited, self.replaced) if edited else None)

    def _edited(self) -> list[str]:
        """Return the files of settings and stages that hold neither what they held before, nor what was written."""
        found = []
        for name in POINTING:
            before, now = self.before[name], text_if_there(self.project / name)
            known = (None, before, pointed(before or "", self.replaced, self.folder))
            found += [name] if now not in known else []
        return sorted(found)


@dataclass(frozen=True)
class Undone:
    """What became of a snapshot that was taken back."""

    kept: Path
    """Where its data went."""

    edited: str | None
    """What became of files that somebody has changed meanwhile, as a sentence; None: nobody did."""


def undo_killed(project: Path) -> str | None:
    """Undo the snapshot of a run that was killed before its data passed the gate.

    Returns:
        What was done, as a sentence; None: there was none.
    """
    try:
        story = json.loads((project / JOURNAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    folder = Path(story["folder"])
    undone = Snapshot(project, folder, Path(story["replaced"]), story["before"]).undo()
    told = f"a run was killed before its new data passed the gate; they went to {undone.kept}"
    return f"{told}, and {undone.edited}" if undone.edited else told


def _also(edited: Sequence[str], replaced: Path) -> str:
    """Return what became of files that somebody has changed while new data were taken."""
    names = " and ".join(edited)
    return f"{names}, changed meanwhile, kept what was changed and only names {replaced.as_posix()} again"


def pointer_of(folder: Path) -> Path:
    """Return the file by which git knows a folder that DVC keeps."""
    return folder.with_name(f"{folder.name}.dvc")


def _outs(lock: str | None) -> list[str]:
    """Return the folders of the stages of the gate that a lock knows."""
    return [f"data/{stage}" for stage in GATE if f"path: data/{stage}\n" in (lock or "")]
