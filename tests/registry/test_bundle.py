"""Whatever lies where a bundle should be, it is told and not stumbled over."""

import pytest

from pipeline.foundation.errors import IntegrityError
from pipeline.foundation.folder import listed_files, stage_folder
from pipeline.registry.bundle import PARTS, check_parts, damage

NO_MANIFESTS = [
    "[]",
    "null",
    "7",
    "{}",
    '{"files": null}',
    '{"files": []}',
    '{"files": {"weights.txt": 7}}',
    "{",
]


@pytest.fixture
def bundle(tmp_path):
    with stage_folder(tmp_path / "v1.0.0") as folder:
        (folder / "weights.txt").write_text("1")
    return tmp_path / "v1.0.0"


def test_a_bundle_as_it_was_made_has_no_damage(bundle):
    assert damage(bundle) is None


@pytest.mark.parametrize("content", NO_MANIFESTS)
def test_what_is_no_manifest_is_damage(bundle, content):
    (bundle / "manifest.json").write_text(content)

    assert damage(bundle) == f"{bundle} is not whole: its manifest.json is missing, or lists no files"
    with pytest.raises(IntegrityError, match=r"manifest\.json is damaged"):
        listed_files(bundle)


@pytest.mark.parametrize("content", NO_MANIFESTS)
def test_a_stage_whose_manifest_is_none_is_told(tmp_path, content):
    for stage in PARTS:
        (tmp_path / stage).mkdir()
        (tmp_path / stage / "manifest.json").write_text(content)

    with pytest.raises(IntegrityError, match=r"manifest\.json is damaged"):
        check_parts(tmp_path)
