"""``convoy accept``: what the data are like now becomes what later data are compared with."""

import shutil
from pathlib import Path

from ruamel.yaml import YAML

from flows.runs.lock import only_run
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
        stages = _watching(project / "dvc.yaml")
        scratch = project / f".{REFERENCE}"
        shutil.copyfile(found, scratch)
        scratch.replace(project / REFERENCE)
        write_atomically(stages, project / "dvc.yaml")
        if config.quality.reference != REFERENCE:
            override_params(project / "params.yaml", [f"quality.reference={REFERENCE}"])
    return (
        f"accepted: {accepted.rows:,} rows of {len(accepted.columns)} columns are what later data are compared with "
        f"(tier `reference` of {config.quality.suite}); keep {REFERENCE}, params.yaml and dvc.yaml in git"
    )


def _watching(path: Path) -> str:
    """Return ``dvc.yaml`` with the reference among the deps of ``validate``, and else as it is.

    Written anew as a whole, it would lose how its author laid it out.

    Raises:
        ConfigError: It has no stage ``validate``.
    """
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    stage = (YAML().load(text) or {}).get("stages", {}).get("validate")
    if stage is None:
        raise ConfigError(
            f"{path} has no stage validate, so nothing would compare; is this a project of Convoy?"
        )
    deps = stage.get("deps")
    if not deps:
        raise ConfigError(
            f"{path}: validate has no deps; write there `deps: [data/ingest, quality.yaml, {REFERENCE}]`"
        )
    if REFERENCE in deps:
        return text
    lines = text.splitlines(keepends=True)
    line, column = deps.lc.item(len(deps) - 1)
    end = column + len(str(deps[-1]))
    if deps.fa.flow_style():
        lines[line] = f"{lines[line][:end]}, {REFERENCE}{lines[line][end:]}"
    else:
        lines.insert(line + 1, f"{lines[line][:column]}{REFERENCE}\n")
    changed = "".join(lines)
    if list(YAML(typ="safe").load(changed)["stages"]["validate"]["deps"]) != [*deps, REFERENCE]:
        raise ConfigError(f"{path}: add {REFERENCE} to the deps of validate, and call `convoy accept` again")
    return changed
