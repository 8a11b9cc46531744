"""What a person sees of a run."""

import io

from flows.runs.record import StageRun
from flows.runs.said import Said
from flows.showing.terminal import Terminal


class Screen(io.TextIOWrapper):
    def __init__(self, encoding: str, *, is_terminal: bool = False) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal

    def text(self) -> str:
        return self.buffer.getvalue().decode(self.encoding)


def test_a_stage_is_a_line_when_it_begins_its_own_lines_and_a_line_when_it_ends():
    screen = Screen("utf-8")
    terminal = Terminal(screen)

    terminal.begins("extract")
    terminal.said("extract", Said("epoch 1"))
    terminal.ended(StageRun("extract", "ran", 2.5))

    assert screen.text() == "▸ extract\n  extract  │ epoch 1\n✓ extract     2.5 s  ran\n"


def test_a_screen_without_these_characters_gets_plain_ones():
    screen = Screen("ascii")

    Terminal(screen).said("extract", Said("größer"))

    assert screen.text() == "  extract  | gr??er\n"


def test_colours_only_where_somebody_looks_and_wants_them(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    watched, piped = Screen("utf-8", is_terminal=True), Screen("utf-8")
    Terminal(watched).begins("extract")
    Terminal(piped).begins("extract")
    monkeypatch.setenv("NO_COLOR", "1")
    unwanted = Screen("utf-8", is_terminal=True)
    Terminal(unwanted).begins("extract")

    assert "\033[" in watched.text()
    assert "\033[" not in piped.text() + unwanted.text()
