"""Downloads over real HTTP: they go on where they broke off, and only the right bytes count."""

import hashlib
import os
from pathlib import Path

import pytest

from pipeline.foundation.errors import DataError, MachineError
from pipeline.sources.catalogue.download import download
from pipeline.sources.catalogue.entry import Entry, PublicFile

CONTENT = os.urandom(3_000_000)


def entry_of(server, files=None, **changes) -> Entry:
    """Return an entry whose files the server has."""
    files = files or {"big.bin": CONTENT, "sub/small.txt": b"small"}
    server.files = {f"/{name}": content for name, content in files.items()}
    public = tuple(
        PublicFile(name=name, url=f"{server.url}/{name}", sha256=digest(content), size=len(content))
        for name, content in files.items()
    )
    about = {
        "name": "toy", "task": "", "head": None, "contents": "", "licence": "", "citation": "", "size": 1,
        "files": 1, "sha256": "0" * 64, "home": "https://example.org/toy", "public": public,
    }  # fmt: skip
    return Entry(**{**about, **changes})


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def bring(entry: Entry, folder: Path) -> list[str]:
    said: list[str] = []
    download(entry, folder, on_progress=said.append)
    return said


def test_files_arrive_with_their_folders_and_the_cache_is_empty_again(server, own_cache, tmp_path: Path):
    bring(entry_of(server), tmp_path / "out")

    assert (tmp_path / "out" / "big.bin").read_bytes() == CONTENT
    assert (tmp_path / "out" / "sub" / "small.txt").read_bytes() == b"small"
    assert not list(own_cache.rglob("*.*"))


def test_a_download_that_breaks_off_goes_on_where_it_was(server, tmp_path: Path):
    server.break_after = [1_000_000, 500_000]

    bring(entry_of(server, {"big.bin": CONTENT}), tmp_path)

    ranges = [wanted for _, wanted in server.asked]
    assert (tmp_path / "big.bin").read_bytes() == CONTENT
    assert ranges[0] is None
    assert [int(str(wanted)[6:-1]) for wanted in ranges[1:]] == sorted(int(str(w)[6:-1]) for w in ranges[1:])
    assert int(str(ranges[-1])[6:-1]) > 0


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(server, own_cache, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("pipeline.sources.catalogue.download.AGAIN", 0)
    entry = entry_of(server, {"big.bin": CONTENT})
    server.break_after = [2_000_000]
    with pytest.raises(MachineError, match="what has come is kept"):
        bring(entry, tmp_path / "out")
    part = next(own_cache.rglob("*.part")).stat().st_size
    asked = len(server.asked)

    bring(entry, tmp_path / "out")

    assert part > 1_000_000
    assert server.asked[asked:] == [("/big.bin", f"bytes={part}-")]
    assert (tmp_path / "out" / "big.bin").read_bytes() == CONTENT


def test_a_server_that_knows_no_ranges_sends_all_of_it_again(server, tmp_path: Path):
    server.with_ranges = False
    server.break_after = [1_000_000]

    bring(entry_of(server, {"big.bin": CONTENT}), tmp_path)

    assert (tmp_path / "big.bin").read_bytes() == CONTENT


def test_a_part_of_another_version_does_not_spoil_the_file(server, own_cache, tmp_path: Path):
    entry = entry_of(server, {"big.bin": CONTENT})
    part = own_cache / "downloads" / "toy" / f".{digest(CONTENT)}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"of another version")

    bring(entry, tmp_path / "out")

    assert (tmp_path / "out" / "big.bin").read_bytes() == CONTENT
    assert [wanted for _, wanted in server.asked] == ["bytes=18-", None]


def test_another_file_than_the_catalogue_lists_is_refused_at_once(server, own_cache, tmp_path: Path):
    entry = entry_of(server, {"big.bin": CONTENT})
    server.files["/big.bin"] = CONTENT[:-1] + b"?"

    with pytest.raises(DataError, match=r"big\.bin is not the file of the catalogue: its SHA-256 is not"):
        bring(entry, tmp_path / "out")

    assert len(server.asked) == 1
    assert not (tmp_path / "out").exists()
    assert not [path for path in own_cache.rglob("*") if path.is_file()]


def test_a_file_without_end_does_not_fill_the_disk(server, own_cache, tmp_path: Path):
    entry = entry_of(server, {"big.bin": b"small"})
    server.files["/big.bin"] = bytes(20_000_000)

    with pytest.raises(DataError, match="is not the file of the catalogue"):
        bring(entry, tmp_path / "out")

    assert not [path for path in own_cache.rglob("*") if path.is_file()]


def test_a_file_that_is_gone_is_told_with_the_page_to_read(server, tmp_path: Path):
    entry = entry_of(server)
    server.files = {}

    with pytest.raises(
        MachineError, match=r"127\.0\.0\.1 answers 404 .* read about toy at https://example\.org/toy"
    ):
        bring(entry, tmp_path / "out")

    assert len(server.asked) == 1


def test_files_that_came_before_an_error_are_not_asked_for_again(server, tmp_path: Path):
    entry = entry_of(server)
    gone = server.files.pop("/sub/small.txt")
    with pytest.raises(MachineError):
        bring(entry, tmp_path / "out")
    server.files["/sub/small.txt"] = gone
    asked = len(server.asked)

    bring(entry, tmp_path / "out")

    assert [path for path, _ in server.asked[asked:]] == ["/sub/small.txt"]


def test_without_a_network_the_mirror_is_named(tmp_path: Path, server, monkeypatch):
    entry = entry_of(server, {"a.bin": b"a"})
    server.server_close()
    monkeypatch.setattr("pipeline.sources.catalogue.download.AGAIN", 0)

    with pytest.raises(MachineError, match=r"cannot be reached for a\.bin of toy .* CONVOY_DATA_MIRROR"):
        bring(entry, tmp_path / "out")


def test_a_set_without_a_public_address_says_where_the_original_is(server, tmp_path: Path):
    entry = entry_of(server, public=(), derived="the originals were made smaller")

    with pytest.raises(
        DataError, match=r"the originals were made smaller.*CONVOY_DATA_MIRROR.*https://example\.org/toy"
    ):
        bring(entry, tmp_path / "out")


def test_large_files_say_how_far_they_are(server, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("pipeline.sources.catalogue.resume.TOLD_FROM", 1_000_000)
    monkeypatch.setattr("pipeline.sources.catalogue.resume.CHUNK", 10_000)

    said = bring(entry_of(server, {"big.bin": CONTENT}), tmp_path)

    assert 5 <= len(said) <= 10
    assert said[0].startswith("toy: 0 of 2 MB")
