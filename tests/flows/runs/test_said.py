"""A line of a child is a record, or a line as it stands: any program may be a stage."""

import json

import pytest

from flows.runs.said import Said, said
from pipeline.foundation.records import SEPARATOR


def line(**content):
    whole = {"message": "epoch 1", "event": "epoch", "level": "info", "numbers": {"epoch": 1}}
    return SEPARATOR + json.dumps(whole | content)


def test_a_record_keeps_its_numbers():
    assert list(said(line())) == [Said("epoch 1", "epoch", "info", {"epoch": 1})]


def test_a_message_of_several_lines_is_as_many_and_the_numbers_go_with_the_first():
    first, second = said(line(message="a\nb"))

    assert (first.text, first.event, second.text, second.event) == ("a", "epoch", "b", "line")


def test_a_record_without_a_message_has_numbers_only():
    [only] = said(line(message=""))

    assert only.text == ""
    assert only.numbers == {"epoch": 1}


@pytest.mark.parametrize(
    "text",
    [
        "", "plain", SEPARATOR, SEPARATOR + "{", SEPARATOR + "[]", SEPARATOR + "null",
        line(numbers=[1]), line(message=3), line(event=None), SEPARATOR + "[" * 100_000, '{"message": "no separator"}',
    ],
)  # fmt: skip
def test_whatever_is_no_record_is_a_line_as_it_stands(text):
    assert list(said(text)) == [Said(text)]
