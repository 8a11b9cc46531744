"""A model as one folder: all that predicting needs, and where it comes from."""

import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.config import Config
from pipeline.foundation.errors import ConfigError, IntegrityError
from pipeline.foundation.files import write_json
from pipeline.foundation.folder import MANIFEST, listed_files, sha256, stage_folder, verified
from pipeline.foundation.locked import locked_stages
from pipeline.model.saved import BLUEPRINT, WEIGHTS, read_blueprint
from pipeline.params import read_config
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.unseen.fitted import Fitted
from pipeline.quality.read import SuiteFile, read_suite
from pipeline.registry.bundle import LINEAGE, PARAMS, SUITE, bundle_files
from pipeline.registry.lineage import told_lineage
from pipeline.stages.preprocess import question_of

META = "meta.json"
VERDICT, PREDICTIONS = "validate/verdict.json", "analyze/predictions.parquet"
REPRESENTATION = "analyze/representation.parquet"

NEEDED = ("ingest/report.json", f"preprocess/{META}", f"analyze/{WEIGHTS}", f"analyze/{BLUEPRINT}")
READING = {"ingest": "sources", "preprocess": "preprocessing"}
"""Stage → the section that says how it reads rows."""

SECTIONS = ("model", "extraction", "temporal", "heads")


@dataclass(frozen=True)
class Bundle:
    """A model that was checked against its manifest."""

    folder: Path
    config: Config
    """The settings that it was made with."""

    fitted: Fitted
    """What turns rows into what it reads."""

    lineage: dict[str, Any]
    ingested: dict[str, Any]
    """What ``ingest`` reported of the data that it was made from."""

    @cached_property
    def suite(self) -> SuiteFile:
        """What is expected of rows; read once, which takes longer than predicting a row."""
        return read_suite(self.folder / SUITE)

    @property
    def analyze(self) -> Path:
        """Folder with weights and what builds them."""
        return self.folder / "analyze"


def make_bundle(project: Path, folder: Path) -> None:
    """Put the model that lies in ``data/`` of a project into ``folder``, which it replaces.

    Raises:
        IntegrityError: No model is there, or one of its files was changed by hand.
        ConfigError: The settings were changed since it was made.
    """
    data = project / "data"
    if not (data / "analyze" / MANIFEST).is_file():
        raise IntegrityError(
            f"{project.resolve().name} has no model yet: no {data / 'analyze'}; call `convoy run` first"
        )
    config = read_config(project / PARAMS)
    _require_same_settings(config, verified(data / "analyze", BLUEPRINT), project)
    with stage_folder(folder) as out:
        for stage, name in bundle_files(project):
            (out / stage).mkdir(exist_ok=True)
            own = data / stage / name if name == MANIFEST else verified(data / stage, name)
            shutil.copyfile(own, out / stage / name)
        shutil.copyfile(project / PARAMS, out / PARAMS)
        shutil.copyfile(project / Path(config.quality.suite).expanduser(), out / SUITE)
        write_json(_lineage(data, out), out / LINEAGE)


def open_bundle(folder: Path) -> Bundle:
    """Return the model in ``folder``, every file of it checked.

    Raises:
        IntegrityError: It holds no model, or a file was changed since.
        ConfigError: Its settings are not those of this version.
    """
    if not (folder / MANIFEST).is_file():
        raise IntegrityError(f"{folder} holds no model: it has no {MANIFEST}; give the folder of a model")
    names = listed_files(folder)
    lacking = [name for name in (PARAMS, SUITE, LINEAGE, *NEEDED) if name not in names]
    if lacking:
        raise IntegrityError(f"{folder} holds no model: it has no {lacking[0]}; give the folder of a model")
    for name in names:
        _require_unchanged(folder, name)
    config = read_config(folder / PARAMS)
    meta = StreamMeta.model_validate_json((folder / "preprocess" / META).read_text(encoding="utf-8"))
    return Bundle(
        folder,
        config,
        Fitted(folder / "preprocess", config.preprocessing, question_of(config.heads), meta),
        told_lineage(folder / LINEAGE),
        json.loads((folder / "ingest" / "report.json").read_text(encoding="utf-8")),
    )


def _require_unchanged(folder: Path, name: str) -> None:
    try:
        verified(folder, name)
    except IntegrityError:
        raise IntegrityError(
            f"{folder / name} is not the file that the model was made with, or is missing ({MANIFEST} has another "
            f"SHA-256); bring the folder of the model anew"
        ) from None


def _require_same_settings(config: Config, blueprint: Path, project: Path) -> None:
    """Check that the model was made with these settings: those it knows, and those that DVC has noted."""
    made = read_blueprint(blueprint.parent)
    changed = [name for name in SECTIONS if getattr(made, name) != getattr(config, name)]
    changed += _changed_since(project)
    if changed:
        raise ConfigError(
            f"{PARAMS}: {', '.join(changed)} changed since the model in data/analyze was trained; call `convoy run` "
            f"first, or give the folder of a model with --model"
        )


def _changed_since(project: Path) -> list[str]:
    """Return which settings of how rows are read are no longer those of the last run; none where DVC ran nothing."""
    if not (stages := locked_stages(project)):
        return []
    now = YAML(typ="safe", pure=True).load((project / PARAMS).read_text(encoding="utf-8"))
    noted = {name: stages.get(stage, {}).get("params", {}).get(PARAMS, {}) for stage, name in READING.items()}
    return [name for name, then in noted.items() if name in then and then[name] != now.get(name)]


def _lineage(data: Path, bundle: Path) -> dict[str, Any]:
    """Return where a model comes from: a version that is a hash of its weights, and hashes of what made it."""
    report = json.loads((bundle / "analyze" / "report.json").read_text(encoding="utf-8"))
    manifests = {
        f"data/{stage}": sha256(data / stage / MANIFEST) for stage in ("ingest", "validate", "preprocess")
    }
    return {
        "model": report["model"],
        "version": sha256(bundle / "analyze" / WEIGHTS)[:12],
        "from": "data/analyze",
        "params": sha256(bundle / PARAMS),
        "data": manifests,
    }
