"""Archives that strangers made: what is good comes out, what is not is refused in a sentence and leaves nothing."""

import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from pipeline.foundation.errors import DataError
from pipeline.sources.catalogue.archive import unpack

FILES = {"train/cat/1.txt": b"one", "train/dog/2.txt": b"two", "read me.txt": "naïve".encode()}


def make_tar(path: Path, files, mode: str = "w", entries=()) -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for entry in entries:
            archive.addfile(entry)
    return path


def make_zip(path: Path, files) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def strange(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def content_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".zip"])
def test_every_file_comes_out_as_it_went_in(suffix, tmp_path: Path):
    name = tmp_path / f"set{suffix}"
    mode = "w:" + suffix.rpartition(".")[2].replace("tar", "")
    archive = make_zip(name, FILES) if suffix == ".zip" else make_tar(name, FILES, mode)

    unpack(archive, tmp_path / "out")

    assert content_of(tmp_path / "out") == FILES


def test_what_was_in_the_folder_stays(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")

    unpack(make_tar(tmp_path / "set.tar", FILES), tmp_path)

    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert (tmp_path / "train" / "cat" / "1.txt").read_bytes() == b"one"


def test_rights_and_owners_of_a_stranger_are_not_taken_over(tmp_path: Path):
    info = tarfile.TarInfo("run.sh")
    info.size, info.mode, info.uid = 2, 0o4777, 0
    with tarfile.open(tmp_path / "set.tar", "w") as archive:
        archive.addfile(info, io.BytesIO(b"hi"))

    unpack(tmp_path / "set.tar", tmp_path / "out")

    found = (tmp_path / "out" / "run.sh").stat()
    assert not found.st_mode & (stat.S_ISUID | stat.S_IXUSR)
    assert found.st_uid == os.getuid()


OUTSIDE = ["../evil.txt", "a/../../evil.txt", "/tmp/evil.txt", "..\\evil.txt", "C:\\evil.txt", "C:/evil.txt"]  # noqa: S108


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("make", [make_tar, make_zip])
def test_nothing_is_written_outside_the_folder(make, name, tmp_path: Path):
    archive = make(tmp_path / "set.bin", {"good.txt": b"good", name: b"evil"})

    with pytest.raises(DataError, match=r"set\.bin wants to write outside its folder"):
        unpack(archive, tmp_path / "deep" / "out")

    assert list((tmp_path / "deep" / "out").iterdir()) == []
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (strange("link", tarfile.SYMTYPE, "/etc/passwd"), "a link"),
        (strange("link", tarfile.SYMTYPE, "../.."), "a link"),
        (strange("link", tarfile.LNKTYPE, "../../evil"), "a link"),
        (strange("null", tarfile.CHRTYPE), "a device"),
        (strange("disk", tarfile.BLKTYPE), "a device"),
        (strange("pipe", tarfile.FIFOTYPE), "a device"),
    ],
)
def test_links_and_devices_are_refused(entry, said, tmp_path: Path):
    archive = make_tar(tmp_path / "set.tar", FILES, entries=[entry])

    with pytest.raises(DataError, match=f"holds {said}"):
        unpack(archive, tmp_path / "out")

    assert list((tmp_path / "out").iterdir()) == []


def test_a_link_in_a_zip_is_refused(tmp_path: Path):
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")

    with pytest.raises(DataError, match="holds a link"):
        unpack(tmp_path / "set.zip", tmp_path / "out")


@pytest.mark.parametrize("make", [make_tar, make_zip])
def test_a_bomb_is_stopped_while_it_grows(make, tmp_path: Path):
    archive = make(tmp_path / "bomb", {"zeros": bytes(5_000_000)})

    with pytest.raises(DataError, match="would grow to more than 1,000,000 bytes"):
        unpack(archive, tmp_path / "out", most_bytes=1_000_000)

    assert list((tmp_path / "out").iterdir()) == []


def test_the_size_a_zip_claims_is_not_believed(tmp_path: Path):
    archive = make_zip(tmp_path / "bomb.zip", {"zeros": bytes(5_000_000)})
    content = bytearray(archive.read_bytes())
    size = (5_000_000).to_bytes(4, "little")
    archive.write_bytes(content.replace(size, (10).to_bytes(4, "little")))

    with pytest.raises(DataError):
        unpack(archive, tmp_path / "out", most_bytes=1_000_000)

    assert list((tmp_path / "out").iterdir()) == []


def test_a_large_archive_may_grow_only_so_many_times(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("pipeline.sources.catalogue.archive.SMALL", 1000)

    with pytest.raises(DataError, match="decompression bomb"):
        unpack(make_zip(tmp_path / "bomb.zip", {"zeros": bytes(3_000_000)}), tmp_path / "out")


@pytest.mark.parametrize("make", [make_tar, make_zip])
def test_too_many_files_are_refused(make, tmp_path: Path):
    archive = make(tmp_path / "many", {f"{n}.txt": b"" for n in range(20)})

    with pytest.raises(DataError, match="holds more than 10 files"):
        unpack(archive, tmp_path / "out", most_files=10)

    assert list((tmp_path / "out").iterdir()) == []


def test_one_file_twice_is_refused(tmp_path: Path):
    with tarfile.open(tmp_path / "set.tar", "w") as archive:
        for content in (b"one", b"two"):
            info = tarfile.TarInfo("a.txt")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))

    with pytest.raises(DataError, match=r"holds a\.txt twice"):
        unpack(tmp_path / "set.tar", tmp_path / "out")


def test_a_file_that_is_also_a_folder_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="cannot be unpacked"):
        unpack(make_tar(tmp_path / "set.tar", {"a": b"1", "a/b": b"2"}), tmp_path / "out")


def test_nothing_is_overwritten(tmp_path: Path):
    (tmp_path / "train").mkdir()

    with pytest.raises(DataError, match=r"holds train, and .* has something of that name already"):
        unpack(make_tar(tmp_path / "set.tar", FILES), tmp_path)

    assert content_of(tmp_path / "train") == {}
    assert not (tmp_path / "read me.txt").exists()


@pytest.mark.parametrize("suffix", ["w", "w:gz", "w:xz", "zip"])
def test_a_broken_archive_is_told_in_a_sentence(suffix, tmp_path: Path):
    files = {f"{n}.bin": os.urandom(3000) for n in range(20)}
    path = tmp_path / "set.bin"
    archive = make_zip(path, files) if suffix == "zip" else make_tar(path, files, suffix)
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])

    with pytest.raises(DataError, match=r"set\.bin cannot be unpacked"):
        unpack(archive, tmp_path / "out")

    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"PK\x03\x04 begins like one", bytes(2000)])
def test_what_is_no_archive_is_told_in_a_sentence(content, tmp_path: Path):
    (tmp_path / "set.bin").write_bytes(content)

    with pytest.raises(DataError, match=r"set\.bin (cannot be unpacked|is empty)"):
        unpack(tmp_path / "set.bin", tmp_path / "out")


def test_an_encrypted_zip_is_told_in_a_sentence(tmp_path: Path):
    archive = make_zip(tmp_path / "set.zip", {"a.txt": b"secret"})
    content = bytearray(archive.read_bytes())
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)

    with pytest.raises(DataError, match="encrypted"):
        unpack(archive, tmp_path / "out")
