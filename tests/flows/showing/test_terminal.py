"""What a person sees of a run."""

import io

from flows.runs.record import StageRun
from flows.runs.said import Said
from flows.showing.journal import complain
from flows.showing.terminal import Terminal, aligned


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


EVIL = "m\n✓ model  v1.0.0\x1b[2J\x1b]0;pwn\x07\x9b2J\u202e"


def test_what_came_from_data_neither_acts_on_a_terminal_nor_forges_a_line():
    for is_terminal in (True, False):
        screen = Screen("utf-8", is_terminal=is_terminal)
        terminal = Terminal(screen)
        terminal.line(EVIL)
        terminal.line(terminal.style(EVIL, "red"))
        terminal.said("extract", Said(EVIL))
        terminal.table(["name"], [[EVIL]])
        text = screen.text()

        assert text.count("\n") == 5
        assert not {"\a", "\x9b", "\u202e"} & set(text)
        assert "\033[2J" not in text
        assert "\033]" not in text
        assert "\\x1b[2J" in text


def test_cells_keep_their_columns_whatever_is_in_them():
    assert aligned([["a\nb", "x"], ["\x1b", "y"]]) == ["a b   x", "\\x1b  y"]


def test_an_error_does_not_act_on_a_terminal_either(capsys):
    complain("a column '\x1b]0;pwn\x07'\nand another", 3, prefix="error: ")

    assert capsys.readouterr().err == "error: a column '\\x1b]0;pwn\\x07'\nand another\n"
