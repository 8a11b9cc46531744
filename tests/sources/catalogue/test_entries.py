"""Every entry of the catalogue: complete, consistent, and with settings that make a project."""

import hashlib
import os
import re
from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.foundation.errors import DataError
from pipeline.foundation.folder import sha256
from pipeline.sources.build import build_source
from pipeline.sources.catalogue.entry import Entry, entries, entry, names
from pipeline.sources.catalogue.fetch import fetch

MIRROR = Path(__file__).parents[4] / "shared" / "datasets"
MIRRORED = [e for e in entries() if (MIRROR / e.name).is_dir()]
LARGEST = 12_000_000
"""Bytes of a set that a test copies and reads."""

needs_mirror = pytest.mark.skipif(
    not MIRROR.is_dir(), reason=f"{MIRROR} is not there: the shared data sets are missing"
)


def placed(node, folder: str):
    if isinstance(node, dict):
        return {key: placed(value, folder) for key, value in node.items()}
    return node.replace("{data}", folder) if isinstance(node, str) else node


def test_there_are_enough_to_begin_with():
    assert len(names()) >= 27


@pytest.mark.parametrize("wanted", entries(), ids=lambda e: e.name)
def test_an_entry_says_all_that_is_promised(wanted: Entry):
    assert entry(wanted.name) is wanted
    assert all((wanted.task, wanted.contents, wanted.licence, wanted.citation))
    assert wanted.home.startswith("https://")
    assert bool(wanted.public_files) != bool(wanted.derived)
    assert bool(wanted.settings) == bool(wanted.head)
    assert not re.search(r"\.\.|^/", " ".join(file.name for file in wanted.public_files))


@pytest.mark.parametrize("wanted", entries(), ids=lambda e: e.name)
def test_addresses_are_pinned_to_what_cannot_change(wanted: Entry):
    for file in wanted.public_files:
        if "github" in file.url:
            assert re.search(
                r"^https://raw\.githubusercontent\.com/[\w.-]+/[\w.-]+/[0-9a-f]{12,40}/", file.url
            )
        elif "huggingface" in file.url:
            assert re.search(r"/resolve/[0-9a-f]{40}/", file.url)


@pytest.mark.parametrize(
    "wanted", [e for e in entries() if e.public_files and e.name != "mnist"], ids=lambda e: e.name
)
def test_the_hash_of_a_set_is_that_of_its_files(wanted: Entry):
    lines = "".join(f"{file.sha256}  {wanted.name}/{file.name}\n" for file in wanted.public_files)

    assert hashlib.sha256(lines.encode()).hexdigest() == wanted.sha256
    assert len(wanted.public_files) == wanted.files
    if all(file.size for file in wanted.public_files):
        assert sum(file.size or 0 for file in wanted.public_files) == wanted.size


@pytest.mark.parametrize("wanted", [e for e in entries() if e.settings], ids=lambda e: e.name)
def test_the_settings_of_an_entry_make_a_valid_config(wanted: Entry):
    config = Config.model_validate(placed(wanted.tree, f"data/raw/{wanted.name}"))

    assert config.heads.kind == wanted.head
    assert len(wanted.settings) <= 18


@needs_mirror
def test_every_set_of_the_mirror_has_an_entry():
    assert {path.name for path in MIRROR.iterdir() if path.is_dir()} <= set(names())


@needs_mirror
@pytest.mark.parametrize("wanted", [e for e in MIRRORED if e.size <= LARGEST], ids=lambda e: e.name)
def test_a_set_of_the_mirror_arrives_and_can_be_read_with_its_settings(
    wanted: Entry, tmp_path: Path, monkeypatch
):
    monkeypatch.setenv("CONVOY_DATA_MIRROR", str(MIRROR))

    folder = fetch(wanted.name, tmp_path)

    assert folder == tmp_path / wanted.name
    assert sorted(path.name for path in tmp_path.iterdir()) == [wanted.name]
    if wanted.settings:
        sources = Config.model_validate(placed(wanted.tree, str(folder))).sources
        table = build_source(sources, tmp_path).read(most=50)
        assert table.frame.height >= 4
        assert wanted.head == "forecast" or table.frame["target"].null_count() < table.frame.height


def test_public_files_of_mnist_hold_the_images_of_the_mirror():
    wanted = entry("mnist")
    public = {file.name: file.sha256 for file in wanted.public_files}
    if not (MIRROR / "mnist").is_dir():
        pytest.skip("the shared data sets are missing")

    same = {path.name for path in (MIRROR / "mnist").iterdir() if sha256(path) == public[path.name]}

    assert same == set(public) - {"train-images-idx3-ubyte.gz"}  # compressed anew in the mirror


def test_a_misspelt_name_is_told_the_nearest():
    with pytest.raises(DataError, match=r"no data set 'minst'; did you mean mnist\?"):
        entry("minst")
    with pytest.raises(DataError, match="`convoy data list` shows all"):
        entry("qqqqqqqq")


def test_reading_the_catalogue_asks_nobody(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)

    assert entry("wbc").public_files[0].url.endswith("Class%20Labels%20of%20Dataset%201.csv")
