"""Data behind a URL, from a real HTTP server and a real S3 server."""

import functools
import http.server
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pipeline.foundation.errors import DataError, MachineError
from pipeline.sources.build import build_source
from pipeline.sources.config import CsvConfig, FolderConfig
from pipeline.sources.places.remote import local_path


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and remembers what was asked."""

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path.startswith("/cut"):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"a,b\n1,2\n")
            return
        if self.path.startswith("/secret"):
            self.send_error(403)
            return
        super().do_GET()

    def do_HEAD(self):
        if self.path.startswith("/cut"):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            return
        if self.path.startswith("/secret"):
            self.send_error(403)
            return
        super().do_HEAD()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def web(tmp_path):
    """Return a server of ``tmp_path/web`` with its ``url``."""
    (tmp_path / "web").mkdir()
    handler = functools.partial(Quiet, directory=str(tmp_path / "web"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.asked = []
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_table_behind_a_url_is_read_and_fetched_once(tmp_path, web):
    (tmp_path / "web" / "t.csv").write_text("a,b\n1,2\n")

    for _ in range(2):
        table = build_source(CsvConfig(path=f"{web.url}/t.csv"), tmp_path).read()

    assert table.frame.select("a", "b").rows() == [(1.0, 2.0)]
    assert web.asked == ["/t.csv"]


def test_a_file_that_has_changed_is_fetched_again(tmp_path, web):
    file = tmp_path / "web" / "t.csv"
    file.write_text("a\n1\n")
    os.utime(file, (1, 1))
    local_path(f"{web.url}/t.csv", tmp_path)
    file.write_text("a\n2\n")

    assert local_path(f"{web.url}/t.csv", tmp_path).read_text() == "a\n2\n"


def test_a_download_that_was_damaged_here_is_fetched_again(tmp_path, web):
    (tmp_path / "web" / "t.csv").write_text("a\n1\n")
    local_path(f"{web.url}/t.csv", tmp_path).write_text("a")

    assert local_path(f"{web.url}/t.csv", tmp_path).read_text() == "a\n1\n"


def test_what_no_url_has_asked_for_in_thirty_days_goes(tmp_path, web):
    (tmp_path / "web" / "t.csv").write_text("a\n1\n")
    signed = [local_path(f"{web.url}/t.csv?signature={day}", tmp_path) for day in range(3)]
    for path, days in zip(signed, (31, 29, 31), strict=True):
        then = time.time() - days * 86_400
        os.utime(path.parent.with_name(f"{path.parent.name}.json"), (then, then))

    local_path(f"{web.url}/t.csv?signature=2", tmp_path)

    assert [path.is_file() for path in signed] == [False, True, True]
    assert len(list((tmp_path / ".convoy" / "downloads").iterdir())) == 4


def test_a_folder_of_images_behind_a_url_is_read(tmp_path, web, write):
    write.image(tmp_path / "web" / "p" / "cat" / "1.png")
    write.image(tmp_path / "web" / "p" / "dog" / "2.png")

    frame = build_source(FolderConfig(path=f"{web.url}/p/"), tmp_path).read().frame

    assert frame.select("origin", "target", "defect").rows() == [
        ("cat/1.png", "cat", None),
        ("dog/2.png", "dog", None),
    ]


@pytest.mark.parametrize(
    ("url", "error", "sentence"),
    [
        ("{web}/none.csv", DataError, "does not exist"),
        ("{web}/secret.csv", DataError, "access is denied"),
        ("{web}/cut.csv", MachineError, "cannot be fetched now"),
        ("http://127.0.0.1:1/t.csv", MachineError, "cannot be fetched now"),
        ("klingon://bucket/t.csv", DataError, "klingon:// is no address that can be read"),
        ("file:///no/such/file.csv", DataError, "does not exist"),
    ],
)
def test_what_cannot_be_fetched_is_told_in_a_sentence_and_leaves_nothing(tmp_path, web, url, error, sentence):
    (tmp_path / ".convoy" / "downloads").mkdir(parents=True)

    with pytest.raises(error) as told:
        local_path(url.format(web=web.url), tmp_path)

    assert sentence in str(told.value)
    assert len(str(told.value).splitlines()) == 1
    assert [path for path in (tmp_path / ".convoy").rglob("*") if path.is_file()] == []


def test_only_what_can_pass_is_worth_another_try(tmp_path, web):
    with pytest.raises(MachineError) as unreachable:
        local_path("http://127.0.0.1:1/t.csv", tmp_path)
    with pytest.raises(DataError) as missing:
        local_path(f"{web.url}/none.csv", tmp_path)

    assert unreachable.value.retryable
    assert not missing.value.retryable


@pytest.mark.parametrize("name", ["none.csv", "secret.csv"])
def test_a_password_is_in_no_message(tmp_path, web, name):
    url = web.url.replace("http://", "http://anna:hunter2@") + f"/{name}?token=hunter2"

    with pytest.raises(DataError) as told:
        local_path(url, tmp_path)

    assert "hunter2" not in str(told.value)


def test_a_missing_library_is_named_with_its_extra(tmp_path):
    with pytest.raises(MachineError, match=r"pip install 'convoy\[gcs\]'"):
        local_path("gs://bucket/t.csv", tmp_path)


def test_a_file_url_is_read_where_it_lies(tmp_path):
    (tmp_path / "with space.csv").write_text("a\n1\n")

    path = local_path(f"file://{tmp_path}/with%20space.csv", tmp_path)

    assert path == tmp_path / "with space.csv"
    assert not (tmp_path / ".convoy").exists()


@pytest.fixture(scope="module")
def bucket():
    """Return a client of a real S3 server with an empty bucket ``data-of-ours``."""
    pytest.importorskip("moto")
    boto3 = pytest.importorskip("boto3")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    settings = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "hunter2",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            _wait_for(port)
            client = boto3.client("s3")
            client.create_bucket(Bucket="data-of-ours")
            yield client
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the S3 server does not answer")


def put(bucket, **files):
    for name, text in files.items():
        bucket.put_object(Bucket="data-of-ours", Key=name.replace("__", "/") + ".csv", Body=text.encode())


def test_a_file_a_folder_and_a_pattern_on_s3_are_read(tmp_path, bucket):
    put(bucket, one__a="x\n1\n", one__b="x\n2\n", one__deep__c="x\n3\n", two__d="x\n4\n")

    def values(path):
        return build_source(CsvConfig(path=f"s3://data-of-ours/{path}"), tmp_path).read().frame["x"].to_list()

    assert values("one/a.csv") == [1]
    assert values("one") == [1, 2, 3]
    assert values("one/*.csv") == [1, 2]


def test_a_folder_on_s3_is_followed_when_files_come_change_and_go(tmp_path, bucket):
    put(bucket, three__a="x\n1\n", three__b="x\n2\n")
    first = local_path("s3://data-of-ours/three", tmp_path)
    kept = (first / "b.csv").stat().st_mtime_ns
    put(bucket, three__a="x\n9\n", three__c="x\n3\n")

    folder = local_path("s3://data-of-ours/three", tmp_path)

    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "a.csv": "x\n9\n", "b.csv": "x\n2\n", "c.csv": "x\n3\n",
    }  # fmt: skip
    assert (folder / "b.csv").stat().st_mtime_ns == kept
    bucket.delete_object(Bucket="data-of-ours", Key="three/a.csv")
    assert sorted(path.name for path in local_path("s3://data-of-ours/three", tmp_path).iterdir()) == [
        "b.csv",
        "c.csv",
    ]


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path, bucket):
    bucket.put_object(Bucket="data-of-ours", Key="four/../../evil.csv", Body=b"x")

    with pytest.raises(DataError, match="unsafe name"):
        local_path("s3://data-of-ours/four", tmp_path)

    assert not list(tmp_path.rglob("evil.csv"))


@pytest.mark.parametrize("path", ["data-of-ours/none.csv", "nobodys-bucket/a.csv"])
def test_what_is_not_on_s3_does_not_exist(tmp_path, bucket, path):
    with pytest.raises(DataError, match="does not exist"):
        local_path(f"s3://{path}", tmp_path)


def test_s3_without_credentials_says_so_without_them(tmp_path, bucket, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))

    with pytest.raises(DataError, match="access is denied"):
        local_path("s3://data-of-ours/one/a.csv", tmp_path)
