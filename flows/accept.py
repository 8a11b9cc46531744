"""``convoy accept``: what the data are like now becomes what later data are compared with."""

import shutil
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML

from flows.lock import only_run
from pipeline.foundation.errors import ConfigError, DataError
from pipeline.foundation.files import write_atomically
from pipeline.foundation.folder import verified
from pipeline.params import override_params, read_config
from pipeline.quality.reference import read_reference

REFERENCE = "quality-reference.json"


def accept_data(project: Path, verdict: Path | None) -> str:
    """Copy a verdict to ``quality-reference.json``, let ``validate`` compare with it, and return what to tell.

    Args:
        project: Folder of the project.
        verdict: The verdict to accept; None: that of the last data that passed.

    Raises:
        ConfigError: The folder is no project, or has no stage ``validate``.
        DataError: There is no verdict, or it is not one.
        IntegrityError: The last verdict was changed by hand.
        BusyError: A run holds the project.
    """
    with only_run(project, "convoy accept"):
        config = read_config(project / "params.yaml")
        if verdict is None and not (project / "data" / "validate" / "verdict.json").is_file():
            raise DataError(
                "data/validate/verdict.json does not exist; `convoy run` (or `convoy stage validate`) makes it"
            )
        found = verdict or verified(project / "data" / "validate", "verdict.json")
        accepted = read_reference(found)
        tree, yaml = _stages(project / "dvc.yaml")
        scratch = project / f".{REFERENCE}"
        shutil.copyfile(found, scratch)
        scratch.replace(project / REFERENCE)
        deps = tree["stages"]["validate"].setdefault("deps", [])
        if REFERENCE not in deps:
            deps.append(REFERENCE)
            text = StringIO()
            yaml.dump(tree, text)
            write_atomically(text.getvalue(), project / "dvc.yaml")
        if config.quality.reference != REFERENCE:
            override_params(project / "params.yaml", [f"quality.reference={REFERENCE}"])
    return (
        f"accepted: {accepted.rows:,} rows of {len(accepted.columns)} columns are what later data are compared with "
        f"(tier `reference` of {config.quality.suite}); keep {REFERENCE}, params.yaml and dvc.yaml in git"
    )


def _stages(path: Path) -> tuple[dict[str, dict[str, dict[str, list[str]]]], YAML]:
    """Return ``dvc.yaml`` with its comments, and what writes it as it was."""
    yaml = YAML()
    yaml.width = 10_000
    yaml.preserve_quotes = True
    tree = yaml.load(path.read_text(encoding="utf-8")) if path.is_file() else None
    if not tree or "validate" not in (tree.get("stages") or {}):
        raise ConfigError(
            f"{path} has no stage validate, so nothing would compare; is this a project of Convoy?"
        )
    return tree, yaml
