"""The end of a run is told to whoever wants to know."""

import os
import socket
import threading
import time

import pytest

from flows.programs.processes import identity
from flows.runs.record import Record
from flows.showing.notify import notify, notify_end
from flows.showing.outbox import PATIENCE_SECONDS, VARIABLE, Delivery
from flows.showing.unsent import MOST, PATH, keep, summed, unsent

CANARY = "canary-4f1d9b7e"


@pytest.fixture
def power(tmp_path):
    """Return the folder of a project."""
    folder = tmp_path / "power"
    folder.mkdir()
    (folder / "params.yaml").touch()
    return folder


@pytest.fixture(params=["silent", "one sign a second"])
def endless(request):
    """Return the address of a server that takes a call and never comes to the end of its answer."""
    over = threading.Event()

    def answer(call):
        with call:
            call.sendall(b"HTTP/1.1 200 OK\r\nX: " if request.param != "silent" else b"")
            while not over.wait(1.0):
                if request.param != "silent":
                    call.sendall(b"x")

    def listen():
        while not over.is_set():
            try:
                call, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(call,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=listen, daemon=True).start()
        yield f"json://me:{CANARY}@127.0.0.1:{listener.getsockname()[1]}/{CANARY}"
        over.set()


def record(state="failed", promotion=""):
    message = "validate: 3 rows are wrong"
    return Record("20260101-a", identity(), "project", "id", state, message, promotion=promotion)


def test_a_failure_reaches_the_webhook_with_its_reason(webhook, power):
    assert notify_end(power, record())

    [sent] = webhook
    assert sent["title"] == "convoy: power failed"
    assert "validate: 3 rows are wrong" in sent["message"]


def test_a_new_champion_is_told_and_a_night_without_news_is_not(webhook, power):
    assert not notify_end(power, record("completed"))
    assert not notify_end(power, record("completed", "not promoted: not ahead"))
    assert not notify_end(power, record("stopped"))
    assert notify_end(power, record("completed", "v2.0.0 is the champion"))
    assert [sent["title"] for sent in webhook] == ["convoy: power new champion"]


def test_an_address_that_nobody_hears_changes_nothing_and_is_told_and_kept(monkeypatch, capsys, power):
    monkeypatch.setenv(VARIABLE, "json://127.0.0.1:9 nonsense")

    assert not notify_end(power, record())

    told = capsys.readouterr().out
    assert "warning: failed: not told to 2 addresses: json://127.0.0.1:9/…: no connection" in told
    assert "apprise does not know such an address" in told
    assert [sent.news for sent in unsent(power)] == ["failed", "failed"]


def test_without_addresses_nothing_is_sent(monkeypatch, power):
    monkeypatch.delenv(VARIABLE, raising=False)

    assert not notify(power, "failed", "a reason")


def test_a_webhook_that_never_answers_holds_nobody_up_and_the_others_hear(
    monkeypatch, webhook, endless, power, capsys
):
    monkeypatch.setenv(VARIABLE, f"{endless} {os.environ[VARIABLE]}")
    began = time.monotonic()

    assert not notify(power, "failed", "a reason")

    assert time.monotonic() - began < PATIENCE_SECONDS + 3
    assert [sent["title"] for sent in webhook] == ["convoy: power failed"]
    [missed] = unsent(power)
    assert missed.reason in ("no connection, or no answer in time", "no answer within 10 s")
    assert CANARY not in capsys.readouterr().out + (power / PATH).read_text()


def test_no_address_is_told_with_its_secret_not_even_one_that_is_none(monkeypatch, power, capfd, caplog):
    addresses = [
        f"slack://{CANARY}/{CANARY}/{CANARY}",
        f"json://me:{CANARY}/{CANARY}@127.0.0.1:9/x",
        f"json://me:12/{CANARY}@127.0.0.1:9/x",
        f"nonsense-{CANARY}",
        f"unknown://{CANARY}",
        f"mailto://me:{CANARY}@127.0.0.1:9?to={CANARY}@example.com",
    ]
    monkeypatch.setenv(VARIABLE, " ".join(addresses))

    assert not notify(power, "failed", "a reason")

    shown = capfd.readouterr()
    assert len(unsent(power)) == len(addresses)
    assert CANARY not in shown.out + shown.err + (power / PATH).read_text()


def test_what_was_not_taken_is_open_until_that_address_takes_something(power):
    keep(power, "failed", [Delivery("json://a/…", False, "it answered 500"), Delivery("json://b/…", True)])
    keep(
        power,
        "crashed",
        [Delivery("json://a/…", False, "it answered 502"), Delivery("json://b/…", False, "x")],
    )

    [first, second] = summed(unsent(power))
    assert first.startswith("json://a/… did not take 2 messages, the last one (crashed) ")
    assert first.endswith("it answered 502")
    assert second.startswith("json://b/… did not take 1 message")
    keep(power, "failed", [Delivery("json://a/…", True)])
    assert [sent.address for sent in unsent(power)] == ["json://b/…"]
    keep(power, "test", [Delivery("json://a/…", True)])  # b is gone, and all that are there heard the test
    assert unsent(power) == []


def test_the_history_of_what_was_told_does_not_grow_for_ever(power):
    for number in range(2 * MOST + 1):
        keep(power, f"news {number}", [Delivery("json://a/…", False, "x")])

    assert unsent(power)[-1].news == f"news {2 * MOST}"
    assert len(unsent(power)) == MOST


def test_a_cut_line_and_a_full_folder_cost_no_run(power, monkeypatch):
    keep(power, "failed", [Delivery("json://a/…", False, "x")])
    with (power / PATH).open("a") as file:
        file.write('{"time": "20')
    keep(power, "crashed", [Delivery("json://a/…", False, "x")])

    assert [sent.news for sent in unsent(power)] == ["failed", "crashed"]
    (power / PATH).unlink()
    (power / PATH).mkdir()
    keep(power, "failed", [Delivery("json://a/…", False, "x")])
    assert unsent(power) == []


@pytest.mark.e2e
@pytest.mark.parametrize("broken", ["stage", "params"])
def test_a_run_that_fails_at_a_stage_or_before_the_first_one_is_told(elsewhere, webhook, broken):
    elsewhere.environment[VARIABLE] = os.environ[VARIABLE]
    if broken == "stage":
        elsewhere.behave("first", exit=3)
    else:
        path = elsewhere.folder / "params.yaml"
        path.write_text(path.read_text().replace("new_data: null", "new_data: nowhere.csv"))

    assert elsewhere.convoy("run").returncode

    [sent] = webhook
    assert sent["title"] == "convoy: mini failed"
    assert ("first" if broken == "stage" else "flow.new_data=nowhere.csv") in sent["message"]
