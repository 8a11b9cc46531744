"""Broken images keep their row, with the reason in ``defect``; what is around them is read."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from pipeline.sources.build import build_source
from pipeline.sources.config import FolderConfig

NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


def encoded(form, pixels=NOISE):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, form)
    return out.getvalue()


def claimed_png(width, height):
    """Return a PNG whose header claims a size and which holds next to nothing."""

    def chunk(name, content):
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def text_bomb():
    """Return a PNG with a comment that unpacks to 100 MB."""
    from PIL.PngImagePlugin import PngInfo

    comment = PngInfo()
    comment.add_text("bomb", "x" * 100_000_000, zip=True)
    out = io.BytesIO()
    Image.fromarray(NOISE).save(out, "PNG", pnginfo=comment)
    return out.getvalue()


BROKEN = {
    "a truncated PNG": ("png", lambda: encoded("PNG")[:900], "cannot be decoded"),
    "a truncated JPEG": ("jpg", lambda: encoded("JPEG")[:900], "cannot be decoded"),
    "a truncated GIF": ("gif", lambda: encoded("GIF")[:900], "cannot be decoded"),
    "a truncated BMP": ("bmp", lambda: encoded("BMP")[:900], "cannot be decoded"),
    "a truncated TIFF": ("tiff", lambda: encoded("TIFF")[:900], "cannot be decoded"),
    "a truncated WebP": ("webp", lambda: encoded("WEBP")[:900], "cannot be decoded"),
    "a truncated PPM": ("ppm", lambda: encoded("PPM")[:900], "cannot be decoded"),
    "an empty file": ("png", lambda: b"", "cannot be decoded"),
    "text": ("png", lambda: b"no picture at all", "cannot be decoded"),
    "a web page": ("jpg", lambda: b"<!DOCTYPE html><html>404</html>", "cannot be decoded"),
    "a bomb": ("png", lambda: claimed_png(60_000, 60_000), "60000"),
    "a bomb that Pillow lets pass": ("png", lambda: claimed_png(10_000, 10_000), "10000x10000 pixels, more than"),
    "a size that is not there": ("png", lambda: claimed_png(2000, 2000), "cannot be decoded"),
    "no size": ("png", lambda: claimed_png(0, 5), "cannot be decoded"),
    "a comment that unpacks without end": ("png", text_bomb, "cannot be decoded"),
    "pixels that are no numbers": (
        "tiff", lambda: encoded("TIFF", np.array([[1, np.nan]], np.float32)), "no finite numbers",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_image_keeps_its_row_with_the_reason(tmp_path, write, case):
    suffix, content, sentence = BROKEN[case]
    write.image(tmp_path / "p" / "cat" / "whole.png")
    (tmp_path / "p" / "cat" / f"broken.{suffix}").write_bytes(content())
    (tmp_path / "p" / "notes.txt").write_text("hello")

    table = build_source(FolderConfig(path="p"), tmp_path).read()

    assert table.frame["origin"].to_list() == [f"cat/broken.{suffix}", "cat/whole.png"]
    assert sentence in table.frame["defect"][0]
    assert table.frame["defect"][1] is None
    assert table.frame.select("height", "width", "bands", "encoding", "image").row(0) == (None,) * 5
    assert table.notes == ("1 files that are no images were passed over",)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_damaged_image_is_decoded_or_has_a_defect(tmp_path, form):
    (tmp_path / "p" / "a").mkdir(parents=True)
    sound = encoded(form)
    for start in range(0, len(sound), 97):
        damaged = sound[:start] + b"\xff" * 5 + sound[start + 5 :]
        (tmp_path / "p" / "a" / f"{start:06}.{form.lower()}").write_bytes(damaged)

    frame = build_source(FolderConfig(path="p"), tmp_path).read().frame

    assert frame["defect"].null_count() < frame.height
    assert frame["image"].is_null().to_list() == frame["defect"].is_not_null().to_list()


def test_an_image_is_refused_from_the_size_that_was_set(tmp_path, write):
    write.image(tmp_path / "p" / "cat" / "a.png", np.zeros((30, 30), np.uint8))
    write.image(tmp_path / "p" / "cat" / "b.png", np.zeros((31, 30), np.uint8))

    frame = build_source(FolderConfig(path="p", max_pixels=900), tmp_path).read().frame

    assert frame["defect"].to_list() == [None, "30x31 pixels, more than 900"]
