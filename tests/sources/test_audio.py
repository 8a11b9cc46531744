"""Recordings: the samples they hold, and a defect where one is broken."""

import struct

import numpy as np
import pytest

from pipeline.sources.build import build_source
from pipeline.sources.config import AudioConfig

soundfile = pytest.importorskip("soundfile")
WAVE = (np.sin(np.arange(4000) / 10) * 0.5).astype(np.float32)


def read(folder, **settings):
    return build_source(AudioConfig(path="p", **settings), folder).read()


def samples(frame, row=0):
    return np.frombuffer(frame["sound"][row], "<i2")


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aiff"])
def test_samples_of_16_bits_are_kept_to_the_bit(tmp_path, write, name):
    noise = np.random.default_rng(0).integers(-(2**15), 2**15, 500, dtype=np.int16)
    write.sound(tmp_path / "p" / "a" / name, noise, 11_025)

    frame = read(tmp_path).frame

    assert frame.select("rate", "samples", "defect").rows() == [(11_025, 500, None)]
    assert np.array_equal(samples(frame), noise)


@pytest.mark.parametrize(
    ("name", "subtype", "tolerance"),
    [("a.wav", "FLOAT", 1), ("a.wav", "PCM_24", 1), ("a.wav", "PCM_U8", 300), ("a.ogg", "VORBIS", 1500)],
)
def test_other_formats_hold_the_same_wave(tmp_path, write, name, subtype, tolerance):
    write.sound(tmp_path / "p" / "a" / name, WAVE, subtype=subtype)

    frame = read(tmp_path).frame

    assert np.abs(samples(frame) - WAVE * 2**15).max() <= tolerance


def test_channels_are_averaged(tmp_path, write):
    write.sound(
        tmp_path / "p" / "a" / "a.wav", np.stack([WAVE, np.zeros_like(WAVE)], axis=1), subtype="FLOAT"
    )

    assert np.abs(samples(read(tmp_path).frame) - WAVE * 2**14).max() <= 1


def test_long_recordings_are_cut_off_and_counted(tmp_path, write):
    write.sound(tmp_path / "p" / "a" / "a.wav", np.zeros(3000), 1000)
    write.sound(tmp_path / "p" / "a" / "b.wav", np.zeros(2000), 1000)

    table = read(tmp_path, longest_seconds=2)

    assert table.frame["samples"].to_list() == [2000, 2000]
    assert table.notes == ("1 recordings were cut off after 2 seconds",)


def test_a_recording_louder_than_full_scale_keeps_its_shape(tmp_path, write):
    write.sound(tmp_path / "p" / "a" / "a.wav", WAVE * 10, subtype="FLOAT")

    table = read(tmp_path)

    assert np.abs(samples(table.frame) - WAVE / np.abs(WAVE).max() * 2**15).max() <= 1
    assert table.notes == ("1 recordings are louder than full scale and were made quieter",)


def test_a_streamed_recording_that_does_not_know_its_length_is_read(tmp_path, write):
    path = write.sound(tmp_path / "p" / "a" / "a.wav", WAVE)
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = b"\xff" * 4
    path.write_bytes(content)

    assert read(tmp_path).frame.select("samples", "defect").rows() == [(4000, None)]


def cut(content):
    return content[: len(content) * 2 // 3]


def damaged(content):
    middle = len(content) // 2
    return (
        content[:middle] + bytes(byte ^ 255 for byte in content[middle : middle + 9]) + content[middle + 9 :]
    )


def patched(place, pattern, value):
    def patch(content):
        changed = bytearray(content)
        struct.pack_into(pattern, changed, place, value)
        return bytes(changed)

    return patch


BROKEN = {
    "an empty file": ("a.wav", {}, lambda _: b"", "Format not recognised"),
    "text": ("a.wav", {}, lambda _: b"no sound", "Format not recognised"),
    "a truncated WAV": ("a.wav", {}, cut, "it is truncated"),
    "a truncated AIFF": ("a.aiff", {}, cut, "it is truncated"),
    "a truncated FLAC": ("a.flac", {}, cut, "cannot be decoded"),
    "a truncated OGG": ("a.ogg", {}, cut, "cannot be decoded"),
    "a damaged FLAC": ("a.flac", {}, damaged, "cannot be decoded"),
    "an absurd rate": ("a.wav", {}, patched(24, "<I", 900_000), "claims 1 channels of 900000 samples"),
    "absurd channels": ("a.wav", {}, patched(22, "<H", 60_000), "Too many channels"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_recording_keeps_its_row_with_its_defect(tmp_path, write, case):
    name, settings, damage, sentence = BROKEN[case]
    path = write.sound(tmp_path / "p" / "a" / name, WAVE, **settings)
    path.write_bytes(damage(path.read_bytes()))
    write.sound(tmp_path / "p" / "b" / "good.wav", WAVE)

    frame = read(tmp_path).frame

    assert frame["origin"].to_list() == [f"a/{name}", "b/good.wav"]
    assert sentence in frame["defect"][0]
    assert frame.select("rate", "samples", "sound").row(0) == (None, None, None)
    assert frame["defect"][1] is None
    assert str(tmp_path) not in frame["defect"][0]


@pytest.mark.parametrize(
    ("values", "sentence"), [([], "holds not one sample"), ([0.5, np.nan], "no finite numbers")]
)
def test_a_recording_of_nothing_has_a_defect(tmp_path, write, values, sentence):
    write.sound(tmp_path / "p" / "a" / "a.wav", np.array(values, np.float32), subtype="FLOAT")

    assert sentence in read(tmp_path).frame["defect"][0]


def test_channels_that_cancel_out_are_a_defect_and_others_are_told(tmp_path, write):
    write.sound(tmp_path / "p" / "a" / "against.wav", np.stack([WAVE, -WAVE], axis=1))
    write.sound(tmp_path / "p" / "a" / "stereo.wav", np.stack([WAVE, WAVE / 2], axis=1), subtype="PCM_24")

    table = read(tmp_path)

    assert table.frame["defect"].to_list() == ["has channels that cancel each other out in their mean", None]
    assert table.notes == (
        "1 recordings have more than 16 bits per sample, and are kept with 16",
        "1 recordings have several channels, and their mean is read",
    )


def test_a_link_to_nothing_is_a_recording_that_is_missing(tmp_path, write):
    write.sound(tmp_path / "p" / "a" / "a.wav", WAVE)
    (tmp_path / "p" / "a" / "gone.wav").symlink_to("nothing.wav")

    assert read(tmp_path).frame["defect"].to_list() == [None, "cannot be decoded: No such file or directory"]
