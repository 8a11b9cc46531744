"""``convoy serve-model``: real requests to a real server."""

import base64
import io
import json
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import polars as pl
import pytest
from PIL import Image

from pipeline.foundation.folder import MANIFEST, sha256
from pipeline.registry.champion import Registry, version_folder, write_registry
from pipeline.stages.bundle import make_bundle
from pipeline.stages.predict import predict
from tests.flows.endpoint.conftest import start

pytestmark = pytest.mark.e2e

DAY = {"warmth": 12.5, "wind": 3.0, "sky": "grey"}
TOKEN = "a-token-that-nobody-guesses"  # noqa: S105 - of these tests


def test_rows_get_the_answers_that_convoy_predict_gives_and_say_which_model_answered(
    open_server, days, tmp_path
):
    rows = [{**DAY, "wind": float(wind)} for wind in range(12)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    make_bundle(days, tmp_path / "model")
    predict(str(tmp_path / "rows.jsonl"), tmp_path / "out.parquet", tmp_path / "model", project=days)
    wanted = pl.read_parquet(tmp_path / "out.parquet")

    told = open_server.post(json={"rows": rows}).json()

    assert [each["row"] for each in told["answers"]] == list(range(12))
    assert [each["prediction"] for each in told["answers"]] == wanted["prediction"].to_list()
    found = [each["probability_wet"] for each in told["answers"]]
    np.testing.assert_allclose(found, wanted["probability_wet"].to_numpy(), atol=1e-6)
    assert (told["scored"], told["unscored"]) == (12, 0)
    assert (
        told["model"]["version"] == json.loads((tmp_path / "model" / "lineage.json").read_text())["version"]
    )


def test_the_same_rows_come_as_csv_json_lines_or_parquet(open_server):
    rows, parquet = pl.DataFrame([DAY, {**DAY, "wind": 30.0}]), io.BytesIO()
    rows.write_parquet(parquet)
    sent = {
        "text/csv; charset=utf-8": rows.write_csv().encode(),
        "application/x-ndjson": rows.write_ndjson().encode(),
        "application/vnd.apache.parquet": parquet.getvalue(),
    }

    wanted = open_server.post(json=rows.to_dicts()).json()["answers"]

    for kind, body in sent.items():
        found = open_server.post(content=body, headers={"Content-Type": kind}).json()["answers"]
        assert [each["probability_wet"] for each in found] == [each["probability_wet"] for each in wanted]


def test_a_row_that_cannot_be_scored_has_the_reason_and_the_others_are_answered(open_server):
    rows = [DAY, {**DAY, "warmth": "mild"}, {**DAY, "wind": None}, {**DAY, "warmth": 99.0}, DAY]

    response = open_server.post(json={"rows": rows})

    found = {each["row"]: each for each in response.json()["answers"]}
    assert response.status_code == 200
    assert [found[row]["prediction"] is not None for row in range(5)] == [True, False, False, False, True]
    assert found[1]["reason"] == "warmth: 'mild' is no number"
    assert found[2]["reason"] == "wind is empty, and preprocessing.missing=refuse"
    assert "warmth" in found[3]["reason"]  # the rule of the suite
    assert (response.json()["scored"], response.json()["unscored"]) == (2, 3)


@pytest.mark.parametrize(("sent", "sentence"), [
    ({"json": {"rows": [{"foo": 1}]}}, "none of the columns that the model was trained on"),
    ({"json": {"rows": [{"warmth": 1.0, "sky": "grey"}]}}, "no column 'wind'"),
    ({"json": {"rows": []}}, "holds no row"),
    ({"json": {"rows": [{}]}}, "not one row holds a cell"),
    ({"json": {"rows": [{}, {}]}}, "not one row holds a cell"),
    ({"content": b"{}\n{}\n", "headers": {"Content-Type": "application/jsonl"}}, "line 1 on has a key"),
    ({"json": {"rows": 3}}, "the body has to be"),
    ({"json": [DAY], "params": {"every_step": "banana"}}, "every_step='banana' cannot be read"),
    ({"json": [1, 2]}, "the body has to be"),
    ({"content": b"{", "headers": {"Content-Type": "application/json"}}, "is no JSON"),
    ({"content": b'[{"warmth": NaN}]', "headers": {"Content-Type": "application/json"}}, "NaN is no number"),
    ({"content": b"[" * 9000, "headers": {"Content-Type": "application/json"}}, "is no JSON"),
    ({"content": b"", "headers": {"Content-Type": "text/csv"}}, "is empty"),
    ({"content": b"PAR1", "headers": {"Content-Type": "application/x-parquet"}}, "no readable Parquet file"),
    ({"content": b"x", "headers": {"Content-Type": "image/png"}}, "Content-Type 'image/png' cannot be read"),
])  # fmt: skip
def test_what_cannot_be_read_is_refused_with_one_sentence(open_server, sent, sentence):
    response = open_server.post(**sent)

    assert response.status_code == 422
    assert sentence in response.json()["detail"]
    assert "/tmp" not in response.json()["detail"]  # noqa: S108 - no path of the server is told
    assert "\n" not in response.json()["detail"].strip()


def test_a_body_above_the_limit_is_refused_whether_its_length_is_told_or_not(open_server):
    large = b"x" * 200_000
    pieces = (large[start : start + 1000] for start in range(0, len(large), 1000))
    headers = {"Content-Type": "text/csv"}

    told = open_server.post(content=large, headers=headers)
    untold = open_server.post(content=pieces, headers=headers)

    assert (told.status_code, untold.status_code) == (413, 413)
    assert "larger than 100,000 bytes" in untold.json()["detail"]
    assert open_server.post(json=[DAY]).status_code == 200


def test_requests_at_the_same_time_each_get_their_own_answer(open_server):
    days = [{**DAY, "wind": float(wind), "warmth": 3.0 * wind - 10} for wind in range(16)]
    alone = [open_server.post(json=[day]).json()["answers"][0]["probability_wet"] for day in days]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda day: open_server.post(json=[day]).json(), days * 3))

    found = [told["answers"][0]["probability_wet"] for told in together]
    assert found == alone * 3
    assert len(set(alone)) == len(alone)


def test_the_description_holds_an_example_of_the_models_own_columns_that_is_answered(open_server):
    described = open_server.get("/openapi.json").json()

    body = described["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    assert list(body["example"]["rows"][0]) == ["warmth", "wind", "sky"]
    assert body["schema"]["properties"]["rows"]["items"]["required"] == ["warmth", "wind", "sky"]
    told = open_server.post(json=body["example"]).json()
    assert (told["scored"], told["unscored"]) == (1, 0)


def test_prometheus_is_told_of_requests_samples_and_the_model(open_server):
    def count(name):
        lines = open_server.get("/metrics").text.splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(name)), 0.0)

    names = (
        'convoy_requests_total{status="200"}',
        'convoy_samples_total{outcome="scored"}',
        "convoy_request_seconds_count",
    )
    before = [count(name) for name in names]
    open_server.post(json=[DAY, DAY])

    assert [count(name) for name in names] == [before[0] + 1, before[1] + 2, before[2] + 1]
    assert count("convoy_model{") == 1.0


def test_a_token_is_asked_for_everywhere_but_for_health(serve, days, tmp_path):
    (tmp_path / "token").write_text(TOKEN + "\n")
    serving = serve(days, "--token-file", str(tmp_path / "token"))
    known, wrong = {"Authorization": f"Bearer {TOKEN}"}, {"Authorization": f"Bearer {TOKEN}x"}

    assert serving.post(json=[DAY]).status_code == 401
    assert serving.post(json=[DAY], headers=wrong).status_code == 401
    assert serving.post(json=[DAY], headers={"Authorization": "Bearer é".encode()}).status_code == 401
    assert serving.post(json=[DAY], headers=known).status_code == 200
    assert [serving.get(path).status_code for path in ("/health", "/model", "/metrics", "/openapi.json")] == [
        200, 401, 401, 401,
    ]  # fmt: skip
    assert TOKEN not in serving.get("/model", headers=known).text


@pytest.mark.parametrize(("options", "token", "sentence"), [
    (("--host", "0.0.0.0"), None, "no token protects the model"),  # noqa: S104 - it is refused
    (("--host", "::"), None, "no token protects the model"),
    ((), "short", "holds a token of 5 characters"),
    (("--token-file", "nothing"), None, "--token-file nothing cannot be read"),
    (("--max-body", "0"), None, "--max-body 0"),
    (("--model", "nothing"), None, "there is no such folder"),
    (("--model", "champion"), None, "has no champion yet"),
])  # fmt: skip
def test_what_would_not_be_safe_or_makes_no_sense_does_not_start(days, options, token, sentence):
    call = [sys.executable, "-c", "from flows.cli.main import main; main()", "serve-model"]
    environment = {"PATH": "/usr/bin"} | ({} if token is None else {"CONVOY_TOKEN": token})

    call += ["--project", str(days), *options]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert sentence in done.stderr


def test_a_port_that_is_taken_is_told(days, open_server):
    port = open_server.url.rpartition(":")[2]
    call = [sys.executable, "-c", "from flows.cli.main import main; main()", "serve-model"]

    done = subprocess.run(
        [*call, "--project", str(days), "--port", port],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 6
    assert f"cannot listen at 127.0.0.1:{port}" in done.stderr


@pytest.fixture(scope="module")
def media_server(digits):
    """A server whose model reads images."""
    serving = start(digits)
    yield serving
    serving.end()


@pytest.mark.parametrize(("names", "sentence"), [
    (("a", "a/b"), "'a' is a file and the folder of 'a/b' at once"),
    (("a/b/c", "a"), "'a' is a file and the folder of 'a/b/c' at once"),
    (("a.png", "a.png"), "two files are named 'a.png'"),
    (("a/b.png", "a/./b.png"), "two files are named 'a/./b.png'"),
    (("ä" * 200,), "of at most 255 bytes"),
    (("\ud800.png",), "is no name for a file"),
    (("x\0.png",), "is no name for a file"),
    (("",), "is no name for a file"),
    ((".",), "is no name for a file"),
    (("../../a.png",), "is no name for a file"),
    (("/a.png",), "is no name for a file"),
])  # fmt: skip
def test_names_that_a_disk_does_not_take_are_refused_with_one_sentence(media_server, names, sentence):
    files = [{"name": name, "content": base64.b64encode(b"no").decode()} for name in names]
    body = json.dumps({"files": files})

    response = media_server.post(content=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 422
    assert sentence in response.json()["detail"]


def test_images_are_answered_alone_or_several_at_once_and_a_broken_one_has_the_reason(media_server):
    picture = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(picture, "PNG")
    content = base64.b64encode(picture.getvalue()).decode()
    files = [
        {"name": "a.png", "content": content},
        {"name": "b/c.png", "content": base64.b64encode(b"no").decode()},
    ]

    alone = media_server.post(content=picture.getvalue(), headers={"Content-Type": "image/png"}).json()
    both = media_server.post(json={"files": files}).json()
    rows = media_server.post(json={"rows": [{"pixel": 1}]})

    shares = [
        {name: value for name, value in told["answers"][0].items() if name.startswith("probability")}
        for told in (alone, both)
    ]
    assert shares[0] == shares[1]
    assert [each["origin"] for each in both["answers"]] == ["a.png", "b/c.png"]
    assert both["answers"][1]["prediction"] is None
    assert "cannot" in both["answers"][1]["reason"]
    assert rows.status_code == 422


def test_another_champion_answers_without_a_restart_and_a_damaged_one_does_not(
    serve, days, other_model, tmp_path
):
    project = tmp_path / "project"
    shutil.copytree(days, project)
    make_bundle(project, version_folder(project, "v1.0.0"))
    shutil.copytree(other_model, version_folder(project, "v1.1.0"))
    shutil.copytree(other_model, version_folder(project, "v1.2.0"))
    (version_folder(project, "v1.2.0") / "analyze" / "model.safetensors").write_bytes(b"damaged")
    write_registry(project, Registry(champion="v1.0.0"))
    serving = serve(project)
    first = serving.post(json=[DAY]).json()

    write_registry(project, Registry(champion="v1.1.0"))
    second = _until(serving, "v1.1.0")
    write_registry(project, Registry(champion="v1.2.0"))
    health = _until_health(serving)
    third = serving.post(json=[DAY]).json()

    assert first["model"]["origin"] == "the champion v1.0.0"
    assert second["answers"][0]["probability_wet"] != first["answers"][0]["probability_wet"]
    assert health == "the new champion cannot be loaded"
    assert third["answers"] == second["answers"]
    assert 'convoy_reloads_total{outcome="failed"} 1.0' in serving.get("/metrics").text


def test_a_champion_of_a_later_version_is_told_and_the_good_one_after_it_is_loaded(
    serve, days, other_model, tmp_path
):
    project = tmp_path / "project"
    shutil.copytree(days, project)
    make_bundle(project, version_folder(project, "v1.0.0"))
    shutil.copytree(other_model, version_folder(project, "v1.1.0"))
    shutil.copytree(other_model, version_folder(project, "v1.2.0"))
    _write_as_later_version(version_folder(project, "v1.1.0"))
    write_registry(project, Registry(champion="v1.0.0"))
    serving = serve(project)

    write_registry(project, Registry(champion="v1.1.0"))
    health, problem = _until_health(serving), serving.get("/model").json()["problem"]
    write_registry(project, Registry(champion="v1.2.0"))
    told = _until(serving, "v1.2.0")

    assert health == "the new champion cannot be loaded"
    assert "field_of_tomorrow" in problem
    assert "\n" not in problem
    assert told["scored"] == 1
    assert serving.get("/health").json()["status"] == "ok"
    assert 'convoy_reloads_total{outcome="failed"} 1.0' in serving.get("/metrics").text


def test_sigterm_ends_it_after_the_running_request_and_frees_the_port(serve, days):
    serving = serve(days)
    many = pl.DataFrame([DAY] * 60_000).write_csv().encode()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(serving.post, content=many, headers={"Content-Type": "text/csv"})
        _until_running(serving)
        code = serving.end()
        answered = running.result(timeout=60)

    assert code == 0
    assert answered.json()["scored"] == 60_000
    with socket.create_server(("127.0.0.1", int(serving.url.rpartition(":")[2]))):
        pass


def _write_as_later_version(model):
    """Give what a model reads a field that this version does not know; the manifests are right."""
    meta, inner, outer = (
        model / name for name in ("preprocess/meta.json", "preprocess/manifest.json", MANIFEST)
    )
    meta.write_text(json.dumps(json.loads(meta.read_text()) | {"field_of_tomorrow": 1}))
    for manifest, names in (
        (inner, ["meta.json"]),
        (outer, ["preprocess/meta.json", "preprocess/manifest.json"]),
    ):
        told = json.loads(manifest.read_text())
        told["files"] |= {name: sha256(manifest.parent / name) for name in names}
        manifest.write_text(json.dumps(told))


def _until(serving, version):
    """Ask until that champion answers; every request on the way is answered."""
    for _ in range(300):
        response = serving.post(json=[DAY])
        assert response.status_code == 200
        if response.json()["model"]["origin"] == f"the champion {version}":
            return response.json()
        time.sleep(0.1)
    raise AssertionError(f"{version} never answered")


def _until_health(serving):
    for _ in range(300):
        status = serving.get("/health").json()["status"]
        if status != "ok":
            return status
        time.sleep(0.1)
    raise AssertionError("the damaged champion was never told")


def _until_running(serving):
    for _ in range(600):
        if "convoy_requests_running 1.0" in serving.get("/metrics").text:
            return
        time.sleep(0.01)
    raise httpx.TimeoutException("the request never began")
