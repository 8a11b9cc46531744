"""An exported model: raw rows in, answers out."""

import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from .answers import Told, told
from .network import Network
from .rows import read_rows, require_columns

FOLDER = Path(__file__).resolve().parent.parent


class Model:
    """Scores raw rows; loaded once, it may be called from several threads."""

    def __init__(self, folder: Path = FOLDER, *, threads: int = 0) -> None:
        """Load a bundle.

        Args:
            folder: With ``model.onnx``, ``schema.json`` and ``preprocessing.json``.
            threads: That one call may use; 0: as onnxruntime likes.
        """
        self.schema = json.loads((folder / "schema.json").read_text(encoding="utf-8"))
        self.fitted = json.loads((folder / "preprocessing.json").read_text(encoding="utf-8"))
        self.fitted["folder"] = str(folder)
        self.network = Network(folder / "model.onnx", self.fitted["network"], threads=threads)
        self.kind: ModuleType = importlib.import_module(f"{__package__}.{self.fitted['kind']}")

    def predict(self, rows: Sequence[Any], *, every_step: bool = False) -> list[Told]:
        """Return answers in the order of the rows they belong to; a row without one has a ``reason``.

        Args:
            rows: Objects with the columns of ``schema.json``; images, clips, recordings: paths, bytes or arrays, as
                ``prepare`` of their kind says.
            every_step: Windows of a series: one that ends at every row, not only at the last one of each group.

        Raises:
            ValueError: A column is missing.
        """
        if not rows:
            return []
        if self.schema["input"] == "rows":
            require_columns(rows, self.schema)
        given = {"every": every_step} if self.fitted["kind"] == "windows" else {}
        samples = self.kind.prepare(rows, self.fitted, **given)
        answers = self.network.answer(samples)
        found = [
            {"row": row, "reason": None} | line
            for row, answer in zip(samples.rows, answers, strict=True)
            for line in told(answer, self.schema["answer"])
        ]
        found += [{"row": row, "reason": reason} for row, reason in samples.reasons.items()]
        return sorted(found, key=lambda line: line["row"])

    def predict_file(self, path: Path, *, every_step: bool = False) -> list[Told]:
        """Return the answers to the rows of a file, or to a file or the files of a folder."""
        if self.schema["input"] == "rows":
            return self.predict(read_rows(path, self.schema), every_step=every_step)
        found = self._found(path)
        names = [each.name if each == path else each.relative_to(path).as_posix() for each in found]
        return [line | {"file": names[line["row"]]} for line in self.predict(found)]

    def _found(self, path: Path) -> list[Path]:
        """Return the files below a folder, or its folders that hold a clip each."""
        if self.fitted["kind"] == "clips":
            if not path.is_dir():
                raise ValueError(f"{path} is no folder; a clip is a folder of images")
            return list(self.kind.folders_of(path))
        return sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
