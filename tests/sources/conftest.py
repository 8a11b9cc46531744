"""Small files of every kind, written by the library that owns the format."""

import gzip
import struct
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 4), dtype=np.uint8)
WORDS = ("cat", "dog")


def image(path, pixels=PIXELS[0]):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def film(path, frames=20, *, size=(32, 24), codec="libx264", noise=False):
    """Write a film whose frame ``n`` is grey with the value ``10 n``, or noise."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=10)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for place in range(frames):
            shape = (size[1], size[0], 3)
            pixels = random.integers(0, 256, shape) if noise else np.full(shape, 10 * place % 256)
            frame = av.VideoFrame.from_ndarray(pixels.astype(np.uint8), format="rgb24")
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)
    return path


def volume(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, values)
    else:
        import nibabel

        nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), path)
    return path


def sound(path, values, rate=8000, **settings):
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, values, rate, **settings)
    return path


def record(folder, name, values, *, rate=100, leads=("I", "II"), beats=None, **settings):
    """Write a WFDB record with format 16, and beats as ``(sample, symbol)``."""
    import wfdb

    folder.mkdir(parents=True, exist_ok=True)
    units, formats = ["mV"] * len(leads), ["16"] * len(leads)
    wfdb.wrsamp(
        name, fs=rate, units=units, sig_name=list(leads), p_signal=values, fmt=formats,
        write_dir=str(folder), **settings,
    )  # fmt: skip
    if beats:
        samples, symbols = zip(*beats, strict=True)
        wfdb.wrann(name, "atr", np.array(samples), symbol=list(symbols), write_dir=str(folder))


def idx(folder, pixels=PIXELS, classes=(0, 1, 0, 1, 0, 1)):
    folder.mkdir(parents=True, exist_ok=True)
    for prefix in ("train", "t10k"):
        images = struct.pack(">I3I", 0x803, *pixels.shape) + pixels.tobytes()
        (folder / f"{prefix}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
        labels = struct.pack(">2I", 0x801, len(classes)) + bytes(classes)
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(labels)


def everything(folder):
    """Write two classes of every kind of file into folders of ``folder``."""
    random = np.random.default_rng(0)
    np.savez(folder / "pictures.npz", images=PIXELS, labels=np.array([0, 1, 0, 1, 0, 1]))
    idx(folder / "idx")
    for place, pixels in enumerate(PIXELS):
        word = WORDS[place % 2]
        image(folder / "pictures" / word / f"{place}.png", pixels)
        image(folder / "clips" / word / "1" / f"{place}.png", pixels)
    for place, word in enumerate(WORDS):
        film(folder / "films" / word / "a.mp4", 8 + place)
        volume(
            folder / "volumes" / word / "a.nii.gz", random.normal(size=(6, 5, 3 + place)).astype(np.float32)
        )
        volume(folder / "volumes" / word / "b.npy", random.normal(size=(6, 5, 4)))
        sound(folder / "sounds" / word / "a.wav", random.normal(size=200) / 9)
    record(folder / "ecg", "r1", random.normal(size=(50, 2)), beats=[(10, "N"), (40, "V")])
    (folder / "texts").mkdir()
    (folder / "texts" / "pos.txt").write_text("good\nvery good\n")
    (folder / "texts" / "neg.txt").write_text("bad\n")
    (folder / "ucr").mkdir()
    (folder / "ucr" / "Toy_TRAIN.ts").write_text("@classLabel true a b\n@data\n1,2,3:4,5,6:a\n7,8:9,0:b\n")


@pytest.fixture(scope="session")
def write():
    """The writers of this file."""
    return SimpleNamespace(
        image=image, film=film, volume=volume, sound=sound, record=record, idx=idx, everything=everything
    )
