"""What a logger says becomes one line that a program can read, whatever it says."""

import json
import logging
import math

import pytest

from pipeline.foundation.records import SEPARATOR, RecordFormatter, told


def record(message, *arguments, **extra):
    made = logging.getLogger("test").makeRecord(
        "test", logging.WARNING, "", 1, message, arguments, None, extra=extra
    )
    line = RecordFormatter("%(message)s").format(made)
    assert line.startswith(SEPARATOR)
    return line[1:]


def test_numbers_stand_beside_the_message():
    content = json.loads(record("epoch %d", 3, **told("epoch", epoch=3, loss=0.5)))

    assert content == {
        "level": "warning",
        "message": "epoch 3",
        "event": "epoch",
        "numbers": {"epoch": 3, "loss": 0.5},
    }


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, object(), None, [1]])
def test_what_json_has_no_word_for_is_null(value):
    assert json.loads(record("x", **told("epoch", loss=value)))["numbers"] == {"loss": None}


def test_a_message_of_several_lines_is_one_record():
    assert "\n" not in record("first\nsecond\r\nthird")
