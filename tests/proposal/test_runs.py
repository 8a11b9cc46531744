"""Numbered pictures are films where neighbours are alike, and single images where they are not."""

import numpy as np
import pytest
from PIL import Image

from pipeline.proposal.choice import Wishes
from pipeline.proposal.propose import propose
from pipeline.proposal.settings import settings_tree
from pipeline.sources.build import build_source

FRAMES = 40


def film(folder, name, *, frames=FRAMES, seed=0):
    """A bright bar that moves by a pixel from frame to frame."""
    folder.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 40, (48, 48), dtype=np.uint8)
    for frame in range(frames):
        pixels = noise.copy()
        pixels[:, frame : frame + 8] = 255
        Image.fromarray(pixels).save(folder / f"{name}{frame}.png")


def album(folder, name, *, pictures=FRAMES, seed=0):
    """Pictures that have nothing to do with one another."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for picture in range(pictures):
        pixels = rng.integers(0, 256, (6, 6), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
        Image.fromarray(pixels).save(folder / f"{name}{picture}.png")


def test_a_flat_folder_of_films_becomes_clips_of_the_name_before_the_number(tmp_path):
    for at, name in enumerate("AB"):
        film(tmp_path / "signs", name, seed=at)

    proposal = propose(tmp_path / "signs", Wishes())

    sources = proposal.config.sources
    assert (sources.kind, sources.clip_length) == ("frames", 16)
    frame = build_source(sources, tmp_path).read().frame
    assert frame["origin"].to_list()[:3] == ["A0.png", "A1.png", "A2.png"]
    assert set(frame["target"]) == {"A", "B"}
    assert proposal.config.preprocessing.split.kind == "stratified"
    assert any("sources.kind=folder" in warning for warning in proposal.warnings)
    assert any("parts of which stand on both sides" in warning for warning in proposal.warnings)


def test_where_every_folder_has_the_same_signs_the_folders_are_the_signers(tmp_path):
    for at, who in enumerate(("jack", "tom", "zoe")):
        for sign in "AB":
            film(tmp_path / "signs" / who, sign, seed=at)

    config = propose(tmp_path / "signs", Wishes()).config

    frame = build_source(config.sources, tmp_path).read().frame
    assert set(frame["target"]) == {"A", "B"}
    assert set(frame["group"]) == {"jack", "tom", "zoe"}
    assert config.preprocessing.split.kind == "group"


def test_films_in_class_folders_keep_the_folders_as_classes(tmp_path):
    for action in ("run", "walk"):
        for at, who in enumerate(("daria", "eli", "lena")):
            film(tmp_path / "actions" / action, f"{who}_", seed=at)

    sources = propose(tmp_path / "actions", Wishes()).config.sources

    frame = build_source(sources, tmp_path).read().frame
    assert set(frame["target"]) == {"run", "walk"}
    assert set(frame["group"]) == {"daria", "eli", "lena"}


def test_pictures_that_only_share_a_name_are_single_images_of_that_class(tmp_path):
    for at, name in enumerate(("cat.", "dog.")):
        album(tmp_path / "pets", name, seed=at)

    proposal = propose(tmp_path / "pets", Wishes())

    sources = proposal.config.sources
    assert sources.kind == "folder"
    assert set(build_source(sources, tmp_path).read().frame["target"]) == {"cat", "dog"}
    assert "single images" in proposal.choices[0].reason


@pytest.mark.parametrize("make", [film, album])
def test_the_user_decides_what_they_are(tmp_path, make):
    for name in ("cat", "dog"):
        make(tmp_path / "pets" / name, "p", seed=1)
        make(tmp_path / "pets" / name, "q", seed=2)

    wishes = Wishes(settings=settings_tree(["sources.kind=folder"]))

    assert propose(tmp_path / "pets", wishes).config.sources.kind == "folder"
