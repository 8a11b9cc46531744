"""A standing endpoint while the champion changes."""

import io
import threading
from itertools import groupby

import numpy as np
import pytest
from PIL import Image

from tests.flows.conftest import wait_until
from tests.flows.endpoint.conftest import start

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def test_a_standing_endpoint_answers_with_whom_promote_and_rollback_make_champion_and_misses_no_request(
    better,
):
    picture = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(picture, "PNG")
    endpoint = start(better.folder, "--model", "champion")
    origins, codes, over = [], [], threading.Event()

    def ask():
        while not over.is_set():
            sent = {"content": picture.getvalue(), "headers": {"Content-Type": "image/png"}}
            answer = endpoint.post(**sent)
            codes.append(answer.status_code)
            origins.append(answer.json()["model"]["origin"])

    def answered_by(version):
        wait_until(lambda: origins and origins[-1] == f"the champion {version}", 120)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        answered_by("v1.0.0")
        better.call("convoy", "promote")
        answered_by("v2.0.0")
        better.call("convoy", "rollback")
        answered_by("v1.0.0")
    finally:
        over.set()
        asking.join()
        ended = endpoint.end()

    assert ended == 0
    assert set(codes) == {200}
    assert [origin for origin, _ in groupby(origins)] == [f"the champion v{major}.0.0" for major in (1, 2, 1)]
