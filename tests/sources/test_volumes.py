"""Volumes: slices in their order, intensities as the percentiles say, and a defect where one is broken."""

import gzip
import io
import struct

import numpy as np
import pytest

from pipeline.foundation.errors import DataError
from pipeline.sources.build import build_source
from pipeline.sources.config import VolumesConfig

pytest.importorskip("nibabel")
VALUES = np.random.default_rng(0).normal(100, 20, (7, 6, 5)).astype(np.float32)


def read(folder, **settings):
    return build_source(VolumesConfig(path="p", **settings), folder).read()


def slices(frame):
    shape = frame.select("height", "width").row(0)
    return np.stack([np.frombuffer(image, np.uint8).reshape(shape) for image in frame["image"]])


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.npy"])
def test_slices_follow_one_another_along_the_axis(tmp_path, write, name, axis):
    write.volume(tmp_path / "p" / "a" / name, VALUES)
    low, high = np.percentile(VALUES, (0.5, 99.5))
    expected = np.clip((VALUES.astype(float) - low) / (high - low) * 255, 0, 255).round()

    frame = read(tmp_path, axis=axis).frame

    assert frame["origin"].to_list() == [f"a/{name}:{place}" for place in range(VALUES.shape[axis])]
    assert np.abs(slices(frame) - np.moveaxis(expected, axis, 0)).max() <= 1


def test_the_scaling_of_a_header_is_applied(tmp_path, write):
    import nibabel

    (tmp_path / "p" / "a").mkdir(parents=True)
    image = nibabel.Nifti1Image(VALUES, np.eye(4))
    image.set_data_dtype(np.int16)  # nibabel then stores whole numbers, a slope and an intercept
    nibabel.save(image, tmp_path / "p" / "a" / "whole.nii")
    write.volume(tmp_path / "p" / "b" / "broken.nii", VALUES)

    frame = read(tmp_path).frame

    whole, broken = slices(frame)[:5], slices(frame)[5:]
    assert np.abs(whole.astype(int) - broken).max() <= 1


def test_a_volume_of_one_value_is_black_and_not_a_number_too(tmp_path, write):
    write.volume(tmp_path / "p" / "a" / "a.npy", np.ones((3, 3, 2)))
    holes = VALUES.copy()
    holes[0] = np.nan
    write.volume(tmp_path / "p" / "a" / "b.npy", holes)

    table = read(tmp_path)

    assert not slices(table.frame[:2]).any()
    assert not slices(table.frame[2:])[:, 0].any()
    assert table.notes == ("1 volumes have voxels that are no finite numbers; they are black",)


def test_slices_are_made_smaller_with_their_ratio(tmp_path, write):
    write.volume(tmp_path / "p" / "a" / "a.npy", np.zeros((64, 32, 2)))

    assert read(tmp_path, longest_side=16).frame.select("height", "width").unique().rows() == [(16, 8)]


def test_bands_of_colour_stay_together(tmp_path, write):
    write.volume(tmp_path / "p" / "a" / "a.npy", np.zeros((4, 5, 2, 3), np.uint8))

    assert read(tmp_path).frame.select("height", "width", "bands").rows() == [(4, 5, 3)] * 2


def nifti(values=VALUES, sizes=None):
    import nibabel

    content = bytearray(nibabel.Nifti1Image(values, np.eye(4)).to_bytes())
    if sizes:
        content[42:48] = struct.pack("<3h", *sizes)
    return bytes(content)


def npy(values=None, shape=None):
    out = io.BytesIO()
    if shape:
        np.lib.format.write_array_header_1_0(out, {"descr": "<f4", "fortran_order": False, "shape": shape})
    else:
        np.save(out, values, allow_pickle=True)
    return out.getvalue()


BROKEN = {
    "an empty file": ("a.nii", lambda: b"", "Empty file"),
    "text": ("a.nii", lambda: b"nothing", "cannot be decoded"),
    "a truncated volume": ("a.nii", lambda: nifti()[:700], "Expected 840 bytes"),
    "a truncated archive": ("a.nii.gz", lambda: gzip.compress(nifti())[:500], "cannot be decoded"),
    "an absurd size": ("a.nii", lambda: nifti(sizes=(32767, 32767, 32767)), "more than 268,435,456 voxels"),
    "a decompression bomb": (
        "a.nii.gz",
        lambda: gzip.compress(nifti(sizes=(32767, 32767, 9)) + bytes(10**6)),
        "more than 268,435,456 voxels",
    ),
    "a negative size": ("a.nii", lambda: nifti(sizes=(-7, 6, 5)), "a volume of three axes is wanted"),
    "slices without end": ("a.npy", lambda: npy(np.zeros((1, 1, 10_001), np.uint8)), "10,000 slices"),
    "an array without its data": ("a.npy", lambda: npy(shape=(100, 100, 100)), "greater than file size"),
    "an array with Python objects": ("a.npy", lambda: npy(np.array([{}], object)), "Python objects"),
    "an array of two axes": ("a.npy", lambda: npy(np.zeros((3, 3))), "a volume of three axes is wanted"),
    "complex numbers": ("a.npy", lambda: npy(np.zeros((3, 3, 3), complex)), "numbers are wanted"),
    "nothing but holes": ("a.npy", lambda: npy(np.full((3, 3, 3), np.nan)), "not one voxel"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_volume_is_one_row_with_its_defect(tmp_path, write, case):
    name, content, sentence = BROKEN[case]
    write.volume(tmp_path / "p" / "b" / "good.npy", np.ones((3, 3, 1)))
    (tmp_path / "p" / "a").mkdir()
    (tmp_path / "p" / "a" / name).write_bytes(content())

    frame = read(tmp_path).frame

    assert frame["clip"].to_list() == [f"a/{name}", "b/good.npy"]
    assert sentence in frame["defect"][0]
    assert frame["image"].is_null().to_list() == [True, False]
    assert str(tmp_path) not in frame["defect"][0]


def test_the_volumes_of_a_patient_are_one_clip_in_the_order_of_their_names(tmp_path, write):
    for patient, target in (("p10", "ill"), ("p9", "well")):
        for sequence in ("t1", "flair"):
            write.volume(tmp_path / "p" / target / patient / f"{sequence}.nii.gz", VALUES)

    frame = read(tmp_path, clip_pattern=r"(p\d+)/").frame

    assert frame["clip"].to_list() == ["p9"] * 10 + ["p10"] * 10
    assert frame["step"].to_list() == [*range(10)] * 2
    assert frame["origin"][0] == "well/p9/flair.nii.gz:0" and frame["origin"][5] == "well/p9/t1.nii.gz:0"
    assert frame["target"].to_list() == ["well"] * 10 + ["ill"] * 10


def test_a_table_of_labels_names_the_patients_whose_volumes_stand_together(tmp_path, write):
    for patient in ("p1", "p2"):
        for sequence in ("t1", "t2"):
            write.volume(tmp_path / "p" / f"{patient}_{sequence}.npy", VALUES)
    write.volume(tmp_path / "p" / "atlas.npy", VALUES)
    (tmp_path / "labels.csv").write_text("patient,grade\np1,high\np2,low\n")

    table = read(tmp_path, clip_pattern=r"^(p\d+)_", labels="labels.csv")

    assert table.frame["target"].to_list() == ["high"] * 10 + ["low"] * 10
    assert any("1 volumes belong to no clip" in note for note in table.notes)


def test_a_clip_pattern_that_finds_nothing_is_refused(tmp_path, write):
    write.volume(tmp_path / "p" / "a" / "a.npy", VALUES)

    with pytest.raises(
        DataError, match=r"sources\.clip_pattern=patient-\(\\d\+\) finds nothing in any of 1 paths"
    ):
        read(tmp_path, clip_pattern=r"patient-(\d+)")
