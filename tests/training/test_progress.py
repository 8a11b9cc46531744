import io
import sys


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_a_bar_moves_and_is_gone_when_the_epoch_is_told(sine, tmp_path, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr("pipeline.training.progress.PAUSE_SECONDS", 0.0)

    sine.train(tmp_path, tmp_path / "c" / "last.ckpt", epochs=2)

    drawn = terminal.getvalue().split("\r\x1b[2K")
    assert drawn[1].startswith("epoch 1/2 ━━━───") and " 10%, " in drawn[1] and drawn[1].endswith(" s left")
    assert sum("100%" in line for line in drawn) == 2
    assert drawn[-1] == ""


def test_elsewhere_there_is_no_bar(sine, tmp_path, capsys):
    sine.train(tmp_path, tmp_path / "c" / "last.ckpt", epochs=1)

    assert capsys.readouterr().out == ""
