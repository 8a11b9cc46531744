"""Prefect's API as the tests ask it: patiently, for a server that two workers load may be busy for half a minute."""

import time

import httpx

PATIENCE = 120.0
"""Seconds to wait for an answer, and for a database that is locked."""


def get(url):
    """Return what an address says, or None where there is nothing."""
    answer = _answer("GET", url)
    return None if answer.status_code == httpx.codes.NOT_FOUND else answer.raise_for_status().json()


def post(url, content):
    """Return what the server says to this."""
    return _answer("POST", url, json=content).raise_for_status().json()


def _answer(method, url, **sent):
    give_up = time.monotonic() + PATIENCE
    while True:
        answer = httpx.request(method, url, timeout=PATIENCE, **sent)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > give_up:
            return answer
        time.sleep(0.5)
