"""The end of a run is told to whoever wants to know."""

import os

import pytest

from flows.programs.processes import identity
from flows.runs.record import Record
from flows.showing.notify import VARIABLE, notify, notify_end


def record(state="failed", promotion=""):
    message = "validate: 3 rows are wrong"
    return Record("20260101-a", identity(), "project", "id", state, message, promotion=promotion)


def test_a_failure_reaches_the_webhook_with_its_reason(webhook):
    assert notify_end("power", record())

    [sent] = webhook
    assert sent["title"] == "convoy: power failed"
    assert "validate: 3 rows are wrong" in sent["message"]


def test_a_new_champion_is_told_and_a_night_without_news_is_not(webhook):
    assert not notify_end("power", record("completed"))
    assert not notify_end("power", record("completed", "not promoted: not ahead"))
    assert not notify_end("power", record("stopped"))
    assert notify_end("power", record("completed", "v2.0.0 is the champion"))
    assert [sent["title"] for sent in webhook] == ["convoy: power new champion"]


def test_an_address_that_nobody_hears_changes_nothing(monkeypatch, caplog):
    monkeypatch.setenv(VARIABLE, "json://127.0.0.1:9 nonsense")

    assert not notify_end("power", record())
    assert "could not be sent" in caplog.text
    assert "apprise does not know" in caplog.text


def test_without_addresses_nothing_is_sent(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)

    assert not notify("power", "failed", "a reason")


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
