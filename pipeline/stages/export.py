"""Export a model as a folder that scores raw rows without this package; it is checked before it is left."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.export.files import FILES, readme, requirements, write_code
from pipeline.export.graph import least_steps, tensors, to_onnx
from pipeline.export.patterns import text_patterns
from pipeline.export.preparation import preparation
from pipeline.export.reading import reading_of
from pipeline.export.schema import answer_shape, input_columns, output_answer
from pipeline.foundation.errors import ConfigError
from pipeline.foundation.files import write_json
from pipeline.foundation.folder import MANIFEST, sha256, stage_folder
from pipeline.foundation.section import Report
from pipeline.model.net import HybridNet
from pipeline.model.saved import read_blueprint
from pipeline.preprocessing.meta import StreamMeta
from pipeline.stages.bundle import Bundle, open_bundle
from pipeline.stages.parity import Parity, check_parity
from pipeline.stages.scoring import Scorer

MODEL, SCHEMA, PREPROCESSING, PARITY = "model.onnx", "schema.json", "preprocessing.json", "parity.json"


class ExportReport(Report):
    """What was exported."""

    model: str
    version: str
    bytes: int
    """Of the whole bundle."""

    parity: Parity


def export(model: Path, out: Path, *, project: Path) -> ExportReport:
    """Write the model in a folder as a bundle that needs NumPy and onnxruntime only.

    Rows of the test split are predicted by both before the bundle takes its name; where they do not agree nothing is
    left.

    Args:
        model: Folder of the model.
        out: Where the bundle goes; an older bundle there is replaced.
        project: Whose data the bundle is checked with.

    Raises:
        ConfigError: The kind of input, or the network, cannot be carried; or ``out`` is something else already.
        IntegrityError: A file of the model is missing or was changed, or the bundle does not answer as the model does.
        DataError: There are no rows to check with.
        MachineError: A library is missing.
    """
    _require_free(out)
    bundle = open_bundle(model)
    scorer = Scorer(bundle)
    try:
        with stage_folder(out) as folder:
            name, version = scorer.name, str(bundle.lineage["version"])
            schema = _write_parts(bundle, scorer, folder)
            parity = check_parity(bundle, scorer, folder, project=project)
            write_json(parity.model_dump(mode="json"), folder / PARITY)
            text = readme(name, version, schema, parity.model_dump())
            (folder / "README.md").write_text(text, encoding="utf-8")
    finally:
        _remove_if_empty(out.parent / ".tmp")
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    told = f"{name} {version} exported with {size / 1e6:.2f} MB; {parity.summary}"
    return ExportReport(summary=told, model=name, version=version, bytes=size, parity=parity)


def _write_parts(bundle: Bundle, scorer: Scorer, folder: Path) -> dict[str, Any]:
    """Write everything but what the check says; return the schema."""
    blueprint = read_blueprint(bundle.analyze)
    meta = blueprint.stream.model_copy(
        update={"ragged": blueprint.stream.ragged or blueprint.stream.kind == "text"}
    )
    reading, channels = reading_of(bundle.config.sources), tuple(bundle.ingested["channels"])
    prepared = preparation(bundle.fitted, reading, channels)
    answer = output_answer(blueprint, bundle.config.heads)
    schema = {
        "kind": prepared["kind"],
        "input": "files" if prepared["kind"] in FILES else "rows",
        "columns": input_columns(bundle.fitted, reading, channels, tuple(bundle.ingested["categories"])),
        "reading": prepared["reading"],
        "answer": answer,
        "onnx": tensors(meta, answer_shape(answer)),
    }
    (folder / MODEL).write_bytes(to_onnx(scorer.net, meta))
    network = _network(scorer.net, meta, answer_shape(answer))
    write_json({**prepared, "network": network}, folder / PREPROCESSING)
    write_json(schema, folder / SCHEMA)
    told = {"model": bundle.lineage, "model_manifest": sha256(bundle.folder / MANIFEST)}
    write_json(told, folder / "lineage.json")
    if prepared["kind"] == "texts":
        _write_tokens(prepared, bundle.fitted.folder, folder)
    (folder / "requirements.txt").write_text(requirements(prepared["kind"]), encoding="utf-8")
    write_code(prepared["kind"], folder)
    return schema


def _network(net: HybridNet, meta: StreamMeta, answer: list[int]) -> dict[str, Any]:
    """Return what has to be known to give the network a batch."""
    second = 0
    if net.second is not None and meta.second is not None:
        second = least_steps([net.second], meta.second.window)
    return {
        "ragged": meta.ragged,
        "window": meta.window,
        "least_steps": least_steps(net.all_chains[: len(net.chains)], meta.window),
        "second_least_steps": second,
        "answer": answer,
    }


def _write_tokens(prepared: dict[str, Any], fitted: Path, folder: Path) -> None:
    """Write the tokenizers, and what is looked for in a text before they see it."""
    write_json(text_patterns(), folder / "patterns.json")
    for stream in filter(None, (prepared["first"], prepared["second"])):
        name = stream["tokenizer"]
        (folder / name).write_bytes((fitted / name).read_bytes())


def _require_free(out: Path) -> None:
    """Refuse to replace anything but a bundle."""
    bundle = (out / MANIFEST).is_file() and (out / MODEL).is_file()
    if out.exists() and not bundle and not (out.is_dir() and not any(out.iterdir())):
        raise ConfigError(f"--out {out} is there already and no exported model; give another folder")


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
