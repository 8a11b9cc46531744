"""What was predicted last from an input, so that the same input is not predicted again by the same model."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from pipeline.foundation.files import json_text, write_atomically
from pipeline.foundation.folder import sha256
from pipeline.params import read_config
from pipeline.sources.places.remote import local_path
from pipeline.stages.predicted_input import input_files, listed_hash

HOME = Path(".convoy") / "predicted"
BESIDE = ("drift.json", "lineage.json")
"""Ends of the files that lie beside the predictions."""


@dataclass(frozen=True)
class Predicted:
    """The last predictions of one input into one folder."""

    project: Path
    source: str
    out: Path
    every: bool

    def unchanged(self, found: str | None, model: str) -> Path | None:
        """Return the file that holds the predictions already; None: there is none, or something has changed.

        Args:
            found: Fingerprint of the input; None: nobody can tell without reading it.
            model: SHA-256 of the model's manifest.
        """
        last = self._last()
        if found is None or last.get("input") != found or last.get("model") != model:
            return None
        file = Path(last["file"])
        return file if file.is_file() else None

    def equal_answers(self, file: Path) -> Path | None:
        """Remove ``file`` where the last one holds the same, byte by byte, and return that one."""
        last = Path(self._last().get("file", ""))
        if last == file or not last.is_file() or sha256(last) != sha256(file):
            return None
        for path in (file, *(file.with_name(f"{file.name}.{end}") for end in BESIDE)):
            path.unlink(missing_ok=True)
        return last

    def keep(self, found: str | None, model: str, file: Path) -> None:
        """Remember what was predicted."""
        write_atomically(json_text({"input": found, "model": model, "file": str(file)}), self._path())

    def _last(self) -> dict[str, str]:
        try:
            last: dict[str, str] = json.loads(self._path().read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return last

    def _path(self) -> Path:
        asked = json.dumps([self.source, str(self.out), self.every])
        return self.project / HOME / f"{hashlib.sha256(asked.encode()).hexdigest()[:16]}.json"


def input_fingerprint(source: str, project: Path, model: Path) -> str | None:
    """Return a hash of every file of an input; None: it is a query, or not there, which its reader tells better.

    Args:
        source: File, folder, pattern or URL; what lies behind a URL is downloaded where it has changed.
        project: What a path is relative to.
        model: Folder of the model, whose settings say how the input is read.
    """
    settings = model / "params.yaml"
    if not settings.is_file() or read_config(settings).sources.kind == "sql":
        return None
    root = local_path(source, project) if "://" in source else project / Path(source).expanduser()
    files = input_files(root)
    return None if files is None else listed_hash(*files)
