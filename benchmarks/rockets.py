"""Accuracy and seconds of MiniRocket and MultiRocket on the UCR/UEA sets at hand, default split, whole training part.

    python benchmarks/rockets.py FOLDER [SET ...]

Series are taken as they stand in the archive; no sample is kept back for val, so that the numbers can be compared with
published ones. One thread, as in the stage.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from pipeline.baselines.base import answers
from pipeline.baselines.minirocket import MiniRocket
from pipeline.baselines.multirocket import MultiRocket
from pipeline.preprocessing.meta import SPLITS, StreamMeta
from pipeline.preprocessing.stream import SplitReader, StreamFiles

RIVALS = {"minirocket": MiniRocket, "multirocket": MultiRocket}


def main() -> None:
    folder = Path(sys.argv[1])
    for name in sys.argv[2:] or sorted(path.name for path in folder.iterdir() if path.is_dir()):
        parts = {split: cases(folder / name, split.upper()) for split in ("train", "test")}
        with tempfile.TemporaryDirectory() as place, threadpool_limits(limits=1):
            train, val, test = readers(parts, Path(place))
            for rival, build in RIVALS.items():
                told = []
                for seed in range(3):
                    model, start = build(max_rows=20_000), time.perf_counter()
                    model.fit(train, val, seed=seed)
                    answer = answers(model, test)
                    took = time.perf_counter() - start
                    hit = answer.argmax(axis=1) == test.targets(np.arange(len(test)))
                    told.append((100 * hit.mean(), took))
                accuracy, seconds = np.array(told).T
                print(f"{name:28s}{rival:12s} {np.round(accuracy, 2)} {seconds.mean():6.1f} s", flush=True)


def cases(folder: Path, part: str) -> list[tuple[np.ndarray, str]]:
    """Return each case of a ``.ts`` or ``.tsv`` file as ``(step, channel)`` and its class."""
    path = min(folder.glob(f"*_{part}.ts*"))
    if path.suffix == ".tsv":
        table = [line.split("\t") for line in path.read_text().splitlines()]
        return [(np.array(cells[1:], np.float32)[:, None], cells[0]) for cells in table]
    lines = [line for line in path.read_text().splitlines() if line and line[0] not in "@#"]
    split = [line.rsplit(":", 1) for line in lines]
    channels = [[np.array(one.split(","), np.float32) for one in text.split(":")] for text, _ in split]
    return [(np.stack(each, axis=1), label) for each, (_, label) in zip(channels, split, strict=True)]


def readers(parts: dict[str, list[tuple[np.ndarray, str]]], place: Path) -> list[SplitReader]:
    """Return readers of train, of an empty val, and of test."""
    every = {"train": parts["train"], "val": [], "test": parts["test"]}
    classes = tuple(sorted({label for _, label in parts["train"]}))
    together = [values for split in SPLITS for values, _ in every[split]]
    lengths = np.array([len(values) for values in together])
    channels = together[0].shape[1]
    meta = StreamMeta(
        kind="series", head="classify", window=int(lengths.max()), ragged=True, frame=(channels,),
        channels=tuple(map(str, range(channels))), classes=classes, offset=(0.0,) * channels,
        scale=(1.0,) * channels, counts={split: len(every[split]) for split in SPLITS},
    )  # fmt: skip
    np.save(place / "stream.npy", np.concatenate(together))
    starts, first, found = np.cumsum(lengths) - lengths, 0, []
    for split in SPLITS:
        rows = slice(first, first + len(every[split]))
        first = rows.stop
        saved = {"starts": starts[rows], "lengths": lengths[rows], "ids": np.arange(rows.start, rows.stop)}
        saved["targets"] = np.array([classes.index(label) for _, label in every[split]], np.int64)
        for name, array in saved.items():
            np.save(place / f"{name}_{split}.npy", array)
        files = {name: place / f"{name}_{split}.npy" for name in saved}
        found.append(SplitReader(StreamFiles(stream=place / "stream.npy", **files), meta, split))
    return found


if __name__ == "__main__":
    main()
