"""A project of every kind of preprocessing, trained briefly on real data; and what is new to it."""

import shutil
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.config import Config
from pipeline.params import params_text
from pipeline.stages.bundle import make_bundle
from pipeline.stages.predict import PredictReport, predict
from pipeline.stages.run import run

DATA = Path(__file__).parents[3].parent / "shared" / "datasets"
STAGES = ("ingest", "validate", "preprocess", "extract", "analyze")
BRIEF = {
    "training": {"epochs": 1, "batch_size": 32, "learning_rate": 0.01, "accelerator": "cpu"},
    "temporal": {"kind": "lstm", "hidden": 8},
    "run": {"threads": 1},
}
CONV1D = {"kind": "conv1d", "features": [8], "epochs": 1}
CONV2D = {"kind": "conv2d", "features": [4, 8], "epochs": 1}
NOTHING = "version: 1\n"


@dataclass(frozen=True)
class Trained:
    """A project with a model, and how its data are predicted."""

    folder: Path
    source: Path
    """The raw data that it was trained on."""

    @property
    def predictions(self) -> pl.DataFrame:
        """What ``analyze`` said of the test split."""
        return pl.read_parquet(self.folder / "data" / "analyze" / "predictions.parquet")

    def predict(self, source: Path | str, out: Path, *, every: bool = False) -> PredictReport:
        model = out.parent / "model"
        if not model.is_dir():
            make_bundle(self.folder, model)
        return predict(str(source), out, model, project=self.folder, every=every)

    def table(self, source: Path | str, out: Path, *, every: bool = False) -> pl.DataFrame:
        self.predict(source, out, every=every)
        return pl.read_parquet(out)


def trained(folder: Path, source: Path, sections: dict, suite: str = NOTHING) -> Trained:
    config = Config.model_validate({**BRIEF, **sections})
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "params.yaml").write_text(params_text(config), encoding="utf-8")
    (folder / "quality.yaml").write_text(suite, encoding="utf-8")
    for stage in STAGES:
        run(stage, config, folder)
    return Trained(folder, source)


def there(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there: the shared data sets are missing")
    return path


CARDIO_SUITE = """version: 1
rows:
  - {rule: between, columns: [ap_hi], min: 40, max: 300, on_fail: quarantine}
  - {rule: between, columns: [age], min: 3000, max: 40000, on_fail: stop}
  - {rule: one_of, columns: [target], values: ["0", "1"], on_fail: stop}
"""


def make_table(folder: Path) -> Trained:
    """Patients: numbers, a column of words, and a hole that the mean fills."""
    rows = pl.read_csv(there("cardio/cardio_train.csv"), separator=";").head(900)
    words = pl.col("gluc").replace_strict({1: "normal", 2: "raised", 3: "high"}, return_dtype=pl.String)
    holes = pl.when(pl.int_range(pl.len()) % 50 != 7).then(pl.col("weight"))
    source = folder / "patients.csv"
    rows.drop("id").with_columns(gluc=words, weight=holes).write_csv(source)
    names = [name for name in rows.columns if name not in ("id", "cardio", "gluc")]
    sources = {"kind": "csv", "path": str(source), "rows": "samples", "target": "cardio"}
    sources |= {"channels": names, "categories": ["gluc"]}
    return trained(
        folder,
        source,
        {
            "sources": sources,
            "preprocessing": {"kind": "table", "missing": "mask"},
            "extraction": CONV1D,
            "quality": {"max_quarantined": 0.5},
        },
        CARDIO_SUITE,
    )


def make_text(folder: Path) -> Trained:
    """Posts in words and in characters, with what is known of them beside."""
    rows = pl.read_csv(next(there("social_media_sentiments").glob("*.csv"))).head(500)
    source = folder / "posts.csv"
    mood = pl.col("Sentiment").str.strip_chars() == "Positive"
    rows.select(
        "Text", "Platform", "Likes", mood=pl.when(mood).then(pl.lit("good")).otherwise(pl.lit("other"))
    ).write_csv(source)
    sources = {"kind": "csv", "path": str(source), "rows": "samples", "text": "Text", "target": "mood"}
    sources |= {"channels": ["Likes"], "categories": ["Platform"]}
    second = {"tokens": "characters", "longest": 60}
    return trained(folder, source, {
        "sources": sources,
        "preprocessing": {
            "kind": "text", "longest": 30, "dimensions": 8, "static": ["Likes", "Platform"], "second": second,
        },
        "extraction": CONV1D,
    })  # fmt: skip


def make_numbers(folder: Path) -> Trained:
    """A number of each patient."""
    rows = pl.read_csv(there("cardio/cardio_train.csv"), separator=";").head(500)
    source = folder / "patients.parquet"
    rows.select("age", "height", "ap_hi", "weight").write_parquet(source)
    return trained(folder, source, {
        "sources": {"kind": "parquet", "path": str(source), "rows": "samples", "target": "weight"},
        "preprocessing": {"kind": "table", "split": {"kind": "random"}},
        "heads": {"kind": "regress", "name": "weight"},
        "extraction": {**CONV1D, "freeze": True},
    })  # fmt: skip


def make_labels(folder: Path) -> Trained:
    """Comments with any number of labels each, from thresholds that val chose."""
    lines = there("goemotions/train.tsv").read_text(encoding="utf-8").splitlines()[:800]
    cells = [line.split("\t") for line in lines]
    source = folder / "comments.jsonl"
    kept = [{"text": text, "labels": labels} for text, labels, _ in cells]
    pl.DataFrame(kept).write_ndjson(source)
    sources = {"kind": "jsonl", "path": str(source), "rows": "samples", "text": "text", "target": "labels"}
    return trained(folder, source, {
        "sources": sources,
        "preprocessing": {
            "kind": "text",
            "longest": 30,
            "dimensions": 8,
            "tokens": "pieces",
            "vocabulary": 200,
        },
        "heads": {"kind": "multilabel"},
        "extraction": CONV1D,
    })  # fmt: skip


def make_forecast(folder: Path) -> Trained:
    """A transformer hour by hour: quantiles, a calendar, smoothing, changes and holes."""
    rows = pl.read_csv(there("ett/ETTh1.csv")).head(900)
    source = folder / "transformer.csv"
    holes = pl.when(pl.int_range(pl.len()) % 90 != 3).then(pl.col("HULL"))
    rows.select("date", "HUFL", "OT", HULL=holes).write_csv(source)
    return trained(folder, source, {
        "sources": {"kind": "csv", "path": str(source), "time": "date"},
        "preprocessing": {
            "kind": "windows", "window": 24, "missing": "mask", "smoothing": "fitted", "calendar": ["hour"],
            "changes": "differences", "changed": ["HUFL"],
        },
        "heads": {"kind": "forecast", "horizon": 4, "targets": ["OT", "HUFL"], "loss": "pinball"},
        "extraction": CONV1D,
    })  # fmt: skip


def make_direction(folder: Path) -> Trained:
    """Whether a rate rises: two currencies, days averaged, gaps filled, and a column that is static."""
    rows = pl.read_csv(there("exchange_rate/exchange_rate.csv")).head(400)
    source = folder / "rates.csv"
    parts = [
        rows.filter(pl.int_range(pl.len()) % 40 != step).select(
            "date", currency=pl.lit(name), rate=pl.col(name), other=pl.col("1")
        )
        for step, name in enumerate(("0", "2"), 5)
    ]
    pl.concat(parts).write_csv(source)
    return trained(folder, source, {
        "sources": {"kind": "csv", "path": str(source), "time": "date", "group": "currency"},
        "preprocessing": {
            "kind": "windows", "window": 10, "direction": "rate", "gaps": "fill", "missing": "previous",
            "resample_seconds": 86_400 * 2, "static": ["other"], "changes": "returns", "changed": ["rate"],
        },
        "extraction": CONV1D,
    })  # fmt: skip


def make_windows(folder: Path) -> Trained:
    """Steps of a patient, each with the class of that moment."""
    rows = pl.read_csv(there("daphnet_fog/S06R02E0.csv")).gather_every(8).head(1500)
    source = folder / "steps.csv"
    walks = pl.int_range(pl.len()) // 100  # groups, so that test has both classes
    target = pl.when(pl.int_range(pl.len()) % 7 < 3).then(pl.lit("slow")).otherwise(pl.lit("fast"))
    rows.select("timestamp", "ankle_vert", "leg_vert", "trunk_vert", walk=walks, pace=target).write_csv(
        source
    )
    return trained(folder, source, {
        "sources": {
            "kind": "csv",
            "path": str(source),
            "time": "timestamp",
            "group": "walk",
            "target": "pace",
        },
        "preprocessing": {"kind": "windows", "window": 16, "split": {"kind": "group"}},
        "extraction": CONV1D,
    })  # fmt: skip


def make_whole(folder: Path) -> Trained:
    """Vowels as long as they were spoken, in twelve channels."""
    source = there("ucr_uea/JapaneseVowels/JapaneseVowels_TRAIN.ts")
    return trained(folder, source, {
        "sources": {"kind": "ucr", "path": str(source)},
        "preprocessing": {"kind": "whole", "split": {"kind": "stratified"}},
        "extraction": CONV1D,
    })  # fmt: skip


def make_each(folder: Path) -> Trained:
    """Movements of one length, each brought to its own mean and deviation, with holes."""
    source = there("ucr_uea/BasicMotions/BasicMotions_TRAIN.ts")
    return trained(folder, source, {
        "sources": {"kind": "ucr", "path": str(source)},
        "preprocessing": {"kind": "whole", "normalise": "each", "longest": 60, "smoothing": 0.5},
        "extraction": CONV1D,
    })  # fmt: skip


def make_images(folder: Path) -> Trained:
    """Slices of brains of many sizes, in rows of pixels."""
    source = there("brain_mri")
    return trained(folder, source, {
        "sources": {"kind": "folder", "path": str(source)},
        "preprocessing": {"kind": "images", "height": 16, "width": 16, "frames": "rows"},
        "extraction": CONV1D,
    })  # fmt: skip


def make_deep(folder: Path) -> Trained:
    """Scans of 16 bits, of which 10 are in use: training says which value is white."""
    from PIL import Image

    source = folder / "scans"
    random = np.random.default_rng(0)
    for scan in range(40):
        path = source / ("bright" if scan % 2 else "dark") / f"{scan}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 600, (9, 7)) + 400 * (scan % 2)
        Image.fromarray(pixels.astype(np.uint16)).save(path)
    return trained(folder, source, {
        "sources": {"kind": "folder", "path": str(source)},
        "preprocessing": {"kind": "images", "height": 8, "width": 8, "frames": "patches", "patch": 4},
        "extraction": CONV2D,
    })  # fmt: skip


def make_clips(folder: Path) -> Trained:
    """Clips of eight frames, some shorter."""
    source = folder / "clips"
    random = np.random.default_rng(0)
    for clip in range(24):
        name = source / ("bright" if clip % 2 else "dark") / f"clip{clip}"
        for frame in range(3 + clip % 4):
            _grey(name / f"{frame}.png", random.integers(0, 120, (12, 10)) + 100 * (clip % 2))
    return trained(folder, source, {
        "sources": {"kind": "frames", "path": str(source)},
        "preprocessing": {"kind": "clips", "frames": 5, "height": 8, "width": 8},
        "extraction": CONV2D,
    })  # fmt: skip


def make_volumes(folder: Path) -> Trained:
    """Volumes of ten slices, two runs of four slices each."""
    source = folder / "volumes"
    random = np.random.default_rng(0)
    for scan in range(24):
        path = source / ("ill" if scan % 2 else "well") / f"scan{scan}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, random.normal(size=(8, 8, 10)).astype(np.float32))
    return trained(folder, source, {
        "sources": {"kind": "volumes", "path": str(source)},
        "preprocessing": {
            "kind": "clips",
            "frames": 2,
            "volumes": "runs",
            "depth": 4,
            "height": 8,
            "width": 8,
        },
        "extraction": {"kind": "conv3d", "features": [4], "epochs": 1},
    })  # fmt: skip


def make_sound(folder: Path) -> Trained:
    """Spoken digits of several speakers."""
    pytest.importorskip("soundfile")
    with tarfile.open(there("fsdd/recordings.tar")) as archive:
        wanted = [each for each in archive.getmembers() if each.name.endswith(("_0.wav", "_1.wav", "_2.wav"))]
        chosen = [each for each in wanted if Path(each.name).name[0] in "012"]
        archive.extractall(folder, members=chosen)  # noqa: S202 - known files
    source = folder / "recordings"
    return trained(folder, source, {
        "sources": {
            "kind": "audio",
            "path": str(source),
            "target_pattern": r"(\d)_",
            "group_pattern": r"_(\w+)_",
        },
        "preprocessing": {"kind": "sound", "rate": 8000, "mels": 16},
        "extraction": CONV1D,
    })  # fmt: skip


def _grey(path: Path, pixels: np.ndarray) -> None:
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(path)


MAKERS: dict[str, Callable[[Path], Trained]] = {
    "table": make_table, "numbers": make_numbers, "text": make_text, "labels": make_labels,
    "forecast": make_forecast, "direction": make_direction, "windows": make_windows, "whole": make_whole,
    "each": make_each, "images": make_images, "deep": make_deep, "clips": make_clips, "volumes": make_volumes,
    "sound": make_sound,
}  # fmt: skip


@pytest.fixture(scope="session")
def projects(tmp_path_factory) -> Callable[[str], Trained]:
    """Return a function that gives the project of a kind; it is trained once."""
    made: dict[str, Trained] = {}

    def give(name: str) -> Trained:
        if name not in made:
            made[name] = MAKERS[name](tmp_path_factory.mktemp(name))
        return made[name]

    return give


@pytest.fixture
def copied(tmp_path):
    """Return a function that copies a file or folder to where it may be changed."""

    def copy(path: Path) -> Path:
        place = tmp_path / path.name
        shutil.copytree(path, place) if path.is_dir() else shutil.copyfile(path, place)
        return place

    return copy
