"""The files of a bundle that a person reads first, and the code that scores."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.preprocessing.media import spectrum
from pipeline.sources.payload import recording

CODE = Path(__file__).with_name("scoring")
SHARED = {"sound": (recording, spectrum)}
"""Kind of input → files of other rooms that its code takes along as they are; in ``scoring/`` they are only named."""

ALWAYS = ("__init__", "answers", "columns", "main", "model", "network", "rows", "samples")
NEEDS = {
    "table": ("table",),
    "windows": ("series", "windows"),
    "whole": ("series", "whole"),
    "images": ("images",),
    "clips": ("clips", "images"),
    "sound": ("sound",),
    "texts": ("texts",),
}
"""Kind of input → files of the code that only it needs."""

NUMPY, RUNTIME = "numpy>=2,<3", "onnxruntime>=1.20,<2"
PILLOW = "pillow>=12,<14"
LIBRARIES = {
    "images": (PILLOW,),
    "clips": (PILLOW,),
    "sound": ("scipy>=1.15,<2", "soundfile>=0.13,<1"),
    "texts": ("tokenizers>=0.22,<1",),
}
OF_CLIPS = """A folder in which each folder with images is a clip, its frames in the order of the numbers
in their names. A film: hand its frames over as an array of uint8, `Model().predict([frames])`."""
OF_SOUND = "A recording (WAV, FLAC, OGG and what else libsndfile reads), or a folder of them."
FILES = {
    "images": ("FOLDER_OF_IMAGES", "An image file, or a folder of them."),
    "clips": ("FOLDER_OF_CLIPS", OF_CLIPS),
    "sound": ("FOLDER_OF_RECORDINGS", OF_SOUND),
}
"""Kind of input that is files → what they are called in an example, and what they are."""

PREDICT = '''"""Score raw rows: ``python predict.py INPUT --out FILE``, or ``from predict import Model``."""

import sys

from scoring.main import main
from scoring.model import Model

__all__ = ["Model", "main"]

if __name__ == "__main__":
    sys.exit(main())
'''


def requirements(kind: str) -> str:
    """Return ``requirements.txt`` of a bundle for a kind of input."""
    return "".join(f"{line}\n" for line in (NUMPY, RUNTIME, *LIBRARIES.get(kind, ())))


def write_code(kind: str, folder: Path) -> None:
    """Write ``predict.py`` and ``scoring/``, of which only what the kind needs."""
    place = folder / "scoring"
    place.mkdir()
    for name in (*ALWAYS, *NEEDS[kind]):
        shutil.copyfile(CODE / f"{name}.py", place / f"{name}.py")
    for module in SHARED.get(kind, ()):
        source = Path(str(module.__file__))
        shutil.copyfile(source, place / source.name)
    (folder / "predict.py").write_text(PREDICT, encoding="utf-8")


def readme(model: str, version: str, schema: Mapping[str, Any], parity: Mapping[str, Any]) -> str:
    """Return ``README.md``.

    Args:
        model: The network in a few words.
        version: Version of the model.
        schema: ``schema.json``.
        parity: ``parity.json``.
    """
    rows = "\n".join(_line(column) for column in schema["columns"])
    of_rows = f"A .csv, .json or .jsonl file with these columns; others are passed over:\n\n{rows}"
    example, given = FILES.get(schema["kind"], ("rows.csv", of_rows))
    columns = ", ".join(f"`{name}`" for name in schema["answer"]["columns"])
    series = "\nSeries: `--every-step` answers at every row, not only at the last of each group.\n"
    return f"""# {model}, version {version}

Scores raw rows with Python 3.11 or newer and the packages of requirements.txt; neither Convoy nor PyTorch is needed.

```
pip install -r requirements.txt
python predict.py {example} --out answers.csv
```

{given}
{series if schema["kind"] == "windows" else ""}
Out comes a row per answer: {columns}.
`row` counts the rows of the input from 0, `reason` says why a row has no answer. Units: {schema["answer"]["units"]}.
Rules of quality.yaml are not checked here.

When it was exported, {parity["samples"]:,} samples ({parity["rows"]}) were predicted by Convoy and by this folder:
the same answers, the greatest difference {parity["greatest_difference"]:.1e} (allowed: {parity["tolerance"]:g}).
"""


def _line(column: Mapping[str, Any]) -> str:
    needed = "" if column["required"] else "; may be missing"
    return f"- `{column['name']}`: {column['type']} ({column['means']}{needed})"
