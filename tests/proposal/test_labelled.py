"""A table with the classes of images is found, in or beside their folder, and masks are left out."""

import numpy as np
import pytest
from PIL import Image

from pipeline.foundation.errors import DataError
from pipeline.proposal.choice import Wishes
from pipeline.proposal.project import write_project
from pipeline.proposal.propose import propose
from pipeline.proposal.settings import settings_tree
from pipeline.sources.build import build_source

FILES = 12


@pytest.fixture
def cells(tmp_path):
    """Return a folder with images, a mask of each, and beside it a table whose numbers have no zeros in front."""
    folder = tmp_path / "cells" / "images"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(1, FILES + 1):
        pixels = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:03}.bmp")
        Image.fromarray((pixels[..., 0] > 128).astype(np.uint8) * 255).save(folder / f"{number:03}.png")
    rows = [f"{number},{'round' if number % 2 else 'long'}" for number in range(1, FILES + 1)]
    (tmp_path / "cells" / "labels.csv").write_text("\n".join(["image,class", *rows]) + "\n")
    return tmp_path / "cells"


def classes(config, project):
    return build_source(config.sources, project).read().frame["target"].to_list()


@pytest.mark.parametrize("data", [".", "images", "images/*.bmp"])
def test_folder_or_pattern_is_enough_where_a_table_names_the_files(cells, data):
    proposal = propose(f"{cells}/{data}".removesuffix("/."), Wishes())

    assert classes(proposal.config, cells) == ["round", "long"] * (FILES // 2)
    told = {choice.setting: choice for choice in proposal.choices}
    assert told["sources.labels"].value == "labels.csv"
    assert "names 12 files; the class is in 'class'" in told["sources.labels"].reason
    assert ("like masks" in told["sources.path"].reason) if data != "images/*.bmp" else True


@pytest.mark.parametrize("data", ["images", "images/*.bmp"])
def test_the_table_beside_the_folder_is_copied_into_the_project(cells, tmp_path, data):
    config = write_project(
        tmp_path / "project", propose(f"{cells}/{data}", Wishes()), f"{cells}/{data}", copy=True
    )

    assert config.sources.labels.startswith("data/raw/images/")
    assert len(classes(config, tmp_path / "project")) == FILES
    masks = list((tmp_path / "project" / "data" / "raw").rglob("*.png"))
    assert len(masks) == (FILES if data == "images" else 0)


def test_a_table_named_from_where_the_user_stands_is_found_by_the_project(cells, tmp_path, monkeypatch):
    monkeypatch.chdir(cells)
    wishes = Wishes(settings=settings_tree(["sources.labels=labels.csv"]))

    config = write_project(tmp_path / "project", propose("images", wishes), "images", copy=True)

    assert len(classes(config, tmp_path / "project")) == FILES


def test_several_columns_that_may_be_the_class_are_asked_about(cells):
    rows = [f"{number},{number % 2},{number % 3}" for number in range(1, FILES + 1)]
    (cells / "labels.csv").write_text("\n".join(["image,kind,shape", *rows]) + "\n")

    with pytest.raises(DataError, match=r"\(kind, shape\); say which with -S sources\.label_target"):
        propose(cells, Wishes())

    wishes = Wishes(settings=settings_tree(["sources.label_target=shape"]))
    assert set(classes(propose(cells, wishes).config, cells)) == {"0", "1", "2"}


def test_a_table_about_something_else_is_none_of_labels(cells):
    (cells / "labels.csv").write_text("city,class\nParis,a\nRome,b\n")

    with pytest.raises(DataError, match=r"nothing tells their classes.*sources\.labels=FILE"):
        propose(cells / "images", Wishes())


def test_class_folders_outweigh_a_table(cells):
    for name in ("one", "two"):
        (cells / "images" / name).mkdir()
    for at, file in enumerate(sorted((cells / "images").glob("*.*"))):
        file.rename(file.parent / ("one", "two")[at % 2] / file.name)

    assert propose(cells / "images", Wishes()).config.sources.labels is None


def test_a_pattern_that_finds_nothing_says_so(cells):
    with pytest.raises(DataError, match=r"\*\.gif finds no file"):
        propose(f"{cells}/images/*.gif", Wishes())
