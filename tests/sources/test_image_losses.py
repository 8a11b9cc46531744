"""What of an image no later stage sees is told, or the image is set aside with the reason."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from pipeline.sources.build import build_source
from pipeline.sources.config import FolderConfig, FramesConfig

NOISE = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)


def animated(form):
    first, *others = [Image.fromarray(frame) for frame in NOISE]
    out = io.BytesIO()
    first.save(out, form, save_all=True, append_images=others)
    return out.getvalue()


def single(pixels, form="PNG", mode=None, **how):
    image = Image.fromarray(pixels)
    out = io.BytesIO()
    (image.convert(mode) if mode else image).save(out, form, **how)
    return out.getvalue()


def deep_colour():
    """Return a PNG of 16 bits per band, which Pillow cannot write."""

    def chunk(name, content):
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    rows = (np.arange(16 * 16 * 3).reshape(16, -1) * 80).astype(">u2")
    body = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    head = struct.pack(">IIBBBBB", 16, 16, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def with_alpha(colour, alpha):
    return np.concatenate([np.full((16, 16, 3), colour, np.uint8), np.asarray(alpha, np.uint8)], axis=2)


HALF = np.repeat([0, 255], 8)[:, None, None] * np.ones((16, 16, 1))
TOLD = {
    "an animated GIF": ("gif", animated("GIF"), "hold several pictures"),
    "an animated PNG": ("png", animated("PNG"), "hold several pictures"),
    "an animated WebP": ("webp", animated("WEBP"), "hold several pictures"),
    "pages of a TIFF": ("tif", animated("TIFF"), "hold several pictures"),
    "16 bits per colour": ("png", deep_colour(), "only the upper 8 are read"),
    "a see-through image": ("png", single(with_alpha(9, HALF)), "white paper is laid behind them"),
}
SILENT = {
    "a palette": ("png", single(NOISE[0], mode="P")),
    "a GIF of one picture": ("gif", single(NOISE[0], "GIF")),
    "an opaque image with alpha": ("png", single(with_alpha(9, np.full((16, 16, 1), 255)))),
    "16 bits of grey": ("png", single(NOISE[0, :, :, 0].astype(np.uint16) * 200)),
    "floats": ("tif", single(NOISE[0, :, :, 0].astype(np.float32), "TIFF")),
    "a CMYK photo": ("jpg", single(NOISE[0], "JPEG", mode="CMYK")),
    "LAB": ("tif", single(NOISE[0], "TIFF", mode="LAB")),
}


def read(folder, suffix, content, config=FolderConfig):
    (folder / "p" / "a").mkdir(parents=True)
    (folder / "p" / "a" / f"1.{suffix}").write_bytes(content)
    return build_source(config(path="p"), folder).read()


@pytest.mark.parametrize("config", [FolderConfig, FramesConfig])
@pytest.mark.parametrize("case", TOLD)
def test_what_is_lost_of_an_image_is_told(tmp_path, case, config):
    suffix, content, sentence = TOLD[case]

    table = read(tmp_path, suffix, content, config)

    assert table.frame["defect"].to_list() == [None]
    assert [note for note in table.notes if sentence in note] == list(table.notes)
    assert table.notes[0].startswith("1 ")


@pytest.mark.parametrize("case", SILENT)
def test_of_an_image_that_loses_nothing_there_is_nothing_to_tell(tmp_path, case):
    table = read(tmp_path, *SILENT[case])

    assert (table.frame["defect"].to_list(), table.notes) == ([None], ())


def test_a_white_drawing_on_nothing_is_set_aside_as_white_paper_hides_it(tmp_path):
    table = read(tmp_path, "png", single(with_alpha(255, HALF)))

    assert "shows nothing on white paper" in table.frame["defect"][0]


def test_whole_numbers_that_do_not_fit_are_set_aside(tmp_path):
    tags = {256: 1, 257: 2, 258: 32, 259: 1, 262: 1, 273: 200, 277: 1, 278: 2, 279: 8, 339: 1}
    fields = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + fields + struct.pack("<I", 0)
    content = head.ljust(200, b"\0") + struct.pack("<2I", 7, 4_000_000_000)

    assert "above 2,147,483,647" in read(tmp_path, "tif", content).frame["defect"][0]


@pytest.mark.parametrize(("content", "sentence"), [(b"", "it is empty"), (b"RIFF1234WAVE", "it is no image")])
def test_what_is_no_image_is_told_in_the_same_words_each_time(tmp_path, content, sentence):
    assert read(tmp_path, "png", content).frame["defect"][0] == f"cannot be decoded: {sentence}"
