"""Image sequences: which frames make a clip, and in which order."""

import pytest

from pipeline.foundation.errors import DataError
from pipeline.sources.build import build_source
from pipeline.sources.config import FramesConfig


@pytest.fixture
def clips(tmp_path, write):
    """Return a function that makes the frames named and reads them."""

    def read(*names, **settings):
        for name in names:
            write.image(tmp_path / "p" / name)
        return build_source(FramesConfig(path="p", **settings), tmp_path).read()

    return read


def test_frames_are_in_the_order_of_their_numbers(clips):
    table = clips("run/1/f10.png", "run/1/f2.png", "run/1/f1.png", "run/10/a.png", "run/2/a.png")

    assert table.frame.select("clip", "step", "origin", "target").rows() == [
        ("run/1", 0, "run/1/f1.png", "run"),
        ("run/1", 1, "run/1/f2.png", "run"),
        ("run/1", 2, "run/1/f10.png", "run"),
        ("run/2", 0, "run/2/a.png", "run"),
        ("run/10", 0, "run/10/a.png", "run"),
    ]


def test_a_pattern_names_the_clip_and_a_length_cuts_it(clips):
    names = [f"{who}/A{place}.png" for who in ("jack", "tom") for place in range(5)]

    frame = clips(*names, clip_pattern=r"^(\w+)/([A-Z])", target_pattern=r"/([A-Z])", clip_length=2).frame

    assert frame["clip"].unique(maintain_order=True).to_list() == [
        "jack/A:0", "jack/A:1", "jack/A:2", "tom/A:0", "tom/A:1", "tom/A:2",
    ]  # fmt: skip
    assert frame["step"].to_list() == [0, 1, 0, 1, 0] * 2


def test_clips_cut_from_one_recording_share_a_group(clips):
    frame = clips("run/1.png", "run/2.png", "sit/1.png", clip_length=1).frame

    assert frame["group"].to_list() == ["run", "run", "sit"]


def test_a_table_of_labels_names_the_clips(clips, tmp_path):
    (tmp_path / "labels.csv").write_text("clip,class,who\n7,jump,s1\n8,run,s2\n9,run,s2\n")

    table = clips("x/07/1.png", "x/07/2.png", "x/08/1.png", labels="labels.csv", label_group="who")

    assert table.frame.select("clip", "group", "target").rows() == [
        ("x/07", "s1", "jump"), ("x/07", "s1", "jump"), ("x/08", "s2", "run"),
    ]  # fmt: skip
    assert table.notes == ("1 rows of labels.csv fit no file, such as '9'",)


def test_a_clip_of_two_classes_is_refused(clips):
    with pytest.raises(DataError, match=r"the frames of the clip x belong to several classes \(a, b\)"):
        clips("x/a1.png", "x/b1.png", target_pattern=r"/([ab])")


def test_a_pattern_that_finds_no_clip_is_refused(clips):
    with pytest.raises(DataError, match=r"sources\.clip_pattern=.* finds nothing in any of 1 paths"):
        clips("x/a1.png", clip_pattern="(nothing)")


def test_a_broken_frame_keeps_its_place_with_the_reason(clips, tmp_path):
    (tmp_path / "p" / "x").mkdir(parents=True)
    (tmp_path / "p" / "x" / "2.png").write_bytes(b"no picture")

    frame = clips("x/1.png", "x/3.png").frame

    assert frame["step"].to_list() == [0, 1, 2]
    assert [defect is not None for defect in frame["defect"]] == [False, True, False]


def test_clips_cut_from_one_recording_know_what_the_table_says_of_it(clips, tmp_path):
    (tmp_path / "labels.csv").write_text("clip,class,age\nrun,run,30\nsit,sit,40\n")

    frame = clips(
        "run/1.png", "run/2.png", "sit/1.png", clip_length=1, labels="labels.csv", label_channels=("age",)
    ).frame

    assert frame.select("clip", "age").rows() == [("run:0", 30.0), ("run:1", 30.0), ("sit:0", 40.0)]
