"""Where JSON is asked for, everything on standard error is JSON, and standard output stays as it was."""

import io
import json
import logging
import warnings

import pytest

from flows.runs.record import StageRun
from flows.runs.said import Said
from flows.showing.journal import VARIABLE, Journal, complain, listen
from flows.showing.terminal import Terminal
from pipeline.foundation.errors import ConfigError

FIXED = ["time", "level", "run", "stage", "event", "message"]


@pytest.fixture
def wanted(monkeypatch):
    """Ask for JSON, and leave the loggers as they were."""
    monkeypatch.setenv(VARIABLE, "json")
    loggers = [logging.getLogger(name) for name in ("pipeline", "py.warnings")]
    before = [(logger.handlers, logger.propagate) for logger in loggers]
    logging.captureWarnings(
        False
    )  # a library that another test imported may have asked for it, under other hooks
    yield
    logging.captureWarnings(False)
    for logger, (handlers, propagate) in zip(loggers, before, strict=True):
        logger.handlers, logger.propagate = handlers, propagate


def objects(capsys):
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_every_object_begins_with_the_same_fields_and_no_number_can_change_them():
    stream = io.StringIO()

    Journal("run-1", stream).write(
        "epoch", "line\nbreak ü", stage="analyze", numbers={"epoch": 2, "level": 9, "loss": float("inf")}
    )

    [line] = stream.getvalue().splitlines()
    told = json.loads(line)
    assert list(told)[:6] == FIXED
    assert told["time"].endswith("+00:00")
    assert (told["level"], told["run"], told["stage"]) == ("info", "run-1", "analyze")
    assert (told["epoch"], told["loss"], told["message"]) == (2, None, "line\nbreak ü")


def test_the_journal_hears_what_the_terminal_shows(wanted, capsys):
    terminal = Terminal(io.StringIO(), run="run-1")

    terminal.begins("analyze")
    terminal.said("analyze", Said("epoch 1", "epoch", numbers={"epoch": 1}))
    terminal.said("analyze", Said("", "progress", numbers={"part": 0.5}))
    terminal.ended(StageRun("analyze", "ran", 1.5))

    told = objects(capsys)
    assert [each["event"] for each in told] == ["stage_begins", "epoch", "progress", "stage_ends"]
    assert told[-1]["seconds"] == 1.5
    assert {each["run"] for each in told} == {"run-1"}


def test_warnings_and_loggers_do_not_stand_between_the_objects_as_text(wanted, capsys):
    listen()

    warnings.warn("old library", UserWarning, stacklevel=1)
    logging.getLogger("pipeline").warning("news could not be sent to %s", "nobody")
    complain("the disk is full", 6)

    assert [each["event"] for each in objects(capsys)] == ["log", "log", "error"]


def test_without_the_variable_nothing_is_written_but_the_sentence(monkeypatch, capsys):
    monkeypatch.delenv(VARIABLE, raising=False)

    Terminal(io.StringIO()).begins("analyze")
    complain("the disk is full", 6, prefix="error: ")

    assert capsys.readouterr().err == "error: the disk is full\n"


def test_another_kind_of_log_is_refused(monkeypatch):
    monkeypatch.setenv(VARIABLE, "xml")

    with pytest.raises(ConfigError, match="CONVOY_LOG=xml is unknown; it is json, or not set at all"):
        listen()
