"""A bundle: a folder with everything that serves one model, and nothing that grows with the data.

``params.yaml``, ``quality.yaml``; in ``ingest/``, ``validate/``, ``preprocess/``, ``extract/`` and ``analyze/`` what of
``data/STAGE`` serves, with the stage's own ``manifest.json``; ``lineage.json``, ``blessing.json``, and a
``manifest.json`` over all of it.
"""

from collections.abc import Iterator
from pathlib import Path

from pipeline.foundation.errors import IntegrityError
from pipeline.foundation.folder import MANIFEST, listed_files, listed_hashes, sha256

PARAMS = "params.yaml"
SUITE = "quality.yaml"
LINEAGE = "lineage.json"
BLESSING = "blessing.json"

PARTS: dict[str, tuple[str, ...]] = {
    "preprocess": ("*.json", "vectors.npy", "second_vectors.npy"),
    "extract": ("*.json", "extractor.safetensors"),
    "analyze": ("*.json", "model.safetensors", "predictions.parquet", "representation.parquet"),
    "ingest": ("report.json", MANIFEST),
    "validate": ("verdict.json", "report.json", MANIFEST),
}
"""Stage → patterns of the files that a bundle takes along.

What was fitted, the weights, the figures that later data are compared with; and the answers to the test split, which
the next challenger is held against as long as its test rows are the same.
"""


def belongs(stage: str, name: str) -> bool:
    """Return whether a bundle holds file ``name`` of ``data/STAGE``."""
    return any(Path(name).match(pattern) and "/" not in name for pattern in PARTS[stage])


def bundle_files(project: Path) -> Iterator[tuple[str, str]]:
    """Yield stage and name of each file of a finished project that belongs into a bundle.

    Raises:
        IntegrityError: A stage has not finished.
    """
    for stage in PARTS:
        for name in (*listed_files(project / "data" / stage), MANIFEST):
            if belongs(stage, name):
                yield stage, name


def check_parts(bundle: Path) -> None:
    """Compare every file of a bundle that is being made with the manifest of the stage that wrote it.

    Raises:
        IntegrityError: A file is another one, or a manifest is damaged.
    """
    for stage in PARTS:
        folder = bundle / stage
        listed = listed_hashes(folder)
        for path in sorted(folder.iterdir()):
            if path.name != MANIFEST and sha256(path) != listed.get(path.name):
                raise IntegrityError(
                    f"{stage}/{path.name} is not the file that its stage wrote; `convoy doctor --repair`, `convoy "
                    f"run`, and promote again"
                )


def damage(bundle: Path) -> str | None:
    """Return what is wrong with a finished bundle; None if every file is the listed one."""
    try:
        wrong = [name for name, digest in listed_hashes(bundle).items() if sha256(bundle / name) != digest]
    except IntegrityError:
        return f"{bundle} is not whole: its {MANIFEST} is missing, or lists no files"
    except (OSError, ValueError) as error:
        return f"{bundle} is not whole: {error}"
    return f"{bundle / wrong[0]} is not the file that was promoted" if wrong else None
