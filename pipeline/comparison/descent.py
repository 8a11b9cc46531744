"""Where the challenger in ``data/`` came from, gathered from the stages' folders and the settings."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.config import Config
from pipeline.evaluation.judge import DECIDING, Head
from pipeline.evaluation.metrics import METRICS
from pipeline.foundation.folder import MANIFEST, sha256, verified
from pipeline.registry.lineage import Lineage, hashed
from pipeline.stages.closure import code_hashes
from pipeline.stages.evaluate import PREDICTIONS
from pipeline.stages.run import STAGES

LIBRARIES = ("convoy", "numpy", "polars", "pytorch-lightning", "torch")
NO_RESULT = ("version", "flow", "registry")
"""What of ``params.yaml`` shapes no result."""


def lineage_of(project: Path, config: Config, *, run: str | None) -> Lineage:
    """Return where the model in ``data/analyze`` came from.

    Args:
        project: All its stages are up to date.
        config: What ``params.yaml`` says.
        run: Name of the run that made it, if one did.

    Raises:
        IntegrityError: A stage has not finished, or one of its files was changed.
    """
    data = project / "data"
    analyze, evaluate = (_report(data / stage) for stage in ("analyze", "evaluate"))
    head: Head = config.heads.kind
    metric = DECIDING[head]
    line = next(line for line in evaluate["leaderboard"] if line["role"] == "model")
    sections = {
        name: hashed(section)
        for name, section in config.model_dump(mode="json").items()
        if name not in NO_RESULT
    }
    code = code_hashes()
    test = pl.scan_parquet(verified(data / "analyze", PREDICTIONS))
    table = verified(data / "validate", "table.parquet")
    return Lineage(
        model=analyze["model"],
        head=head,
        parameters=analyze["parameters"],
        run=run,
        data=sha256(table),
        rows=pl.scan_parquet(table).select(pl.len()).collect().item(),
        as_of=_latest(test),
        trained_until=_latest(
            pl.scan_parquet(verified(data / "preprocess", "samples.parquet")).filter(
                pl.col("split") != "test"
            )
        ),
        settings=hashed(sections),
        sections=sections,
        code=hashed(code),
        stages={stage: sha256(data / stage / MANIFEST) for stage in STAGES},
        libraries={name: version(name) for name in LIBRARIES},
        metric=metric,
        better=METRICS[metric].better,
        score=line["scores"][metric],
        interval=line["intervals"].get(metric),
        samples=test.select(pl.col("sample_id").n_unique()).collect().item(),
    )


def _latest(table: pl.LazyFrame) -> str | None:
    latest = table.select(pl.col("time").max()).collect().item()
    return None if latest is None else str(latest.isoformat())


def _report(folder: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(verified(folder, "report.json").read_bytes())
    return report
