"""Small text files written so that equal content gives equal bytes; and a second name for a file."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path


def json_text(content: Mapping[str, object]) -> str:
    """Return ``content`` as indented JSON with sorted keys and a final newline.

    NaN and infinity are refused: they are no JSON, and browsers and DVC stumble over them.
    """
    return json.dumps(content, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"


def write_json(content: Mapping[str, object], path: Path) -> None:
    """Write ``content`` to ``path`` as :func:`json_text` spells it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json_text(content), encoding="utf-8")


def write_atomically(text: str, path: Path) -> None:
    """Write ``text`` to ``path`` so that a reader, or a crash, never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(path)


def text_if_there(path: Path) -> str | None:
    """Return what a file says, None where there is no such file."""
    return path.read_text(encoding="utf-8") if path.is_file() else None


def linked(source: Path, target: Path) -> None:
    """Give a file a second name; where the disk cannot, a copy."""
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)
