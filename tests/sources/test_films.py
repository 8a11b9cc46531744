"""Films: evenly spaced frames, and a defect where one is broken."""

import numpy as np
import pytest

from pipeline.sources.build import build_source
from pipeline.sources.config import VideoConfig

pytest.importorskip("av")


def read(folder, **settings):
    return build_source(VideoConfig(path="p", **settings), folder).read()


def levels(frame):
    """Return the mean of each frame's pixels."""
    return [float(np.frombuffer(image, np.uint8).mean()) for image in frame["image"]]


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "libx264"), ("a.mkv", "ffv1"), ("a.avi", "mpeg4")])
def test_frames_are_taken_evenly_spaced(tmp_path, write, name, codec):
    write.film(tmp_path / "p" / "a" / name, 20, codec=codec)

    frame = read(tmp_path, frames=4).frame

    assert frame["origin"].to_list() == [f"a/{name}:{place}" for place in (2, 7, 12, 17)]
    assert frame["step"].to_list() == [0, 1, 2, 3]
    assert levels(frame) == pytest.approx([20, 70, 120, 170], abs=3)


def test_a_short_film_gives_every_frame_once(tmp_path, write):
    write.film(tmp_path / "p" / "a" / "a.mp4", 3)

    frame = read(tmp_path, frames=8).frame

    assert levels(frame) == pytest.approx([0, 10, 20], abs=3)


def test_frames_are_made_smaller_with_their_ratio(tmp_path, write):
    write.film(tmp_path / "p" / "a" / "a.mp4", 2, size=(64, 32))

    frame = read(tmp_path, longest_side=16).frame

    assert frame.select("height", "width", "bands", "encoding").unique().rows() == [(8, 16, 3, "raw")]
    assert frame["image"].bin.size().to_list() == [8 * 16 * 3] * 2


def cut(share):
    return lambda content: content[: int(len(content) * share)]


def flipped(content):
    return bytes(byte ^ (255 if place % 997 == 500 else 0) for place, byte in enumerate(content))


BROKEN = {
    "an empty file": ("a.mp4", lambda _: b"", "Invalid data"),
    "text": ("a.mp4", lambda _: b"no film at all", "Invalid data"),
    "a film without its index": ("a.mp4", cut(0.5), "Invalid data"),
    "a film cut off in the middle": ("a.mkv", cut(0.5), "the file is truncated"),
    "an old film cut off in the middle": ("a.avi", cut(0.5), "the file is truncated"),
    "a damaged film": ("a.mp4", flipped, "cannot be decoded"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_film_is_one_row_with_its_defect(tmp_path, write, case):
    name, damage, sentence = BROKEN[case]
    path = write.film(tmp_path / "p" / "a" / name, 40, noise=True)
    path.write_bytes(damage(path.read_bytes()))
    write.film(tmp_path / "p" / "b" / "sound.mp4", 2)

    frame = read(tmp_path).frame

    assert frame["clip"].to_list() == [f"a/{name}", "b/sound.mp4", "b/sound.mp4"]
    assert sentence in frame["defect"][0]
    assert frame["defect"].null_count() == 2
    assert str(tmp_path) not in frame["defect"][0]


def test_sound_alone_is_no_film(tmp_path, write):
    write.sound(tmp_path / "p" / "a" / "a.wav", np.zeros(800)).rename(tmp_path / "p" / "a" / "a.mp4")

    assert read(tmp_path).frame["defect"].to_list() == ["cannot be decoded: holds no pictures"]
