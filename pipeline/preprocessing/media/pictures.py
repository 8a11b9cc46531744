"""From clean images to a stream of steps."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.arrays import read_array
from pipeline.preprocessing.config_media import ImagesConfig
from pipeline.preprocessing.media.decoding import Wish, small_size, write_pictures, write_toned
from pipeline.preprocessing.media.images import BANDS, Ints, as_steps
from pipeline.preprocessing.media.pixel_scale import fit_pixels, per_entry
from pipeline.preprocessing.meta import Flip, StreamMeta
from pipeline.preprocessing.outlet import Outlet, Prepared
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.sample_rows import divided, looks_for_twins, read_keys
from pipeline.preprocessing.static import read_static


def prepare_images(
    table: Path, config: ImagesConfig, question: Question, out: Path, *, seed: int, threads: int
) -> Prepared:
    """Decode, divide and index images; pixels stay 8-bit and are scaled when a batch is gathered.

    Args:
        table: Rows as validate let them pass.
        config: Size, colour, steps, split.
        question: What the head asks.
        out: Folder for the files.
        seed: Decides where chance does.
        threads: Images decoded at once.

    Raises:
        ConfigError: A head that does not fit.
        DataError: An image cannot be decoded, or the split or the targets ask for what the data do not have.
    """
    keys = read_keys(table)
    bands = len(BANDS[config.colour])
    empty, steps = as_steps(np.zeros((1, config.height, config.width, bands), np.uint8), config)
    frame = empty.shape[1:]
    small = small_size(table) if looks_for_twins(config.split) else None
    with TemporaryDirectory(dir=out) as scratch, Outlet(out, np.uint8, frame) as outlet:
        copies = Path(scratch) / "small.npy"
        ranges = write_pictures(table, Wish(config, small), outlet, copies=copies, threads=threads)
        rows = divided(keys, config.split, question, seed=seed, twins=lambda: _twins(copies, config))
        rows = rows.with_static(read_static(table, config, keys["sample_id"], train=rows.train))
        notes = write_toned(table, config, out, outlet, ranges=ranges, train=rows.train, threads=threads)
        outlet.stream.close()
        lengths = np.full(keys.height, steps, np.int64)
        scaler = fit_pixels(
            out / "stream.npy", frame, config.scale, lengths=lengths, train=rows.train, bands=bands
        )
        rows.send(outlet, np.arange(keys.height, dtype=np.int64) * steps)
        meta = StreamMeta(
            kind="images",
            window=steps,
            frame=frame,
            channels=BANDS[config.colour],
            **per_entry(scaler, frame[0]),
            shift=config.shift,
            flip=_flip_of_steps(config),
            **rows.meta(),
        )
        prepared = Prepared(meta, (*rows.answers.notes, *notes), rows.split)
        outlet.close(prepared)
    return prepared


def _flip_of_steps(config: ImagesConfig) -> Flip:
    """Return how the stream's images are mirrored: whose steps are columns, they lie on their side in it."""
    turned: dict[Flip, Flip] = {"horizontal": "vertical", "vertical": "horizontal"}
    return turned.get(config.flip, config.flip) if config.frames == "columns" else config.flip


def _twins(copies: Path, config: ImagesConfig) -> Ints:
    from pipeline.leakage.twins import image_twins

    small: NDArray[np.uint8] = read_array(copies, mapped=True)
    return image_twins(small, config.split.similarity)
