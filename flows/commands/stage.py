"""What `convoy stage NAME` does: one stage and those before it, by DVC, without Prefect."""

import difflib
from datetime import datetime
from pathlib import Path

from ruamel.yaml import YAML

from flows.programs.environment import be_quiet
from flows.programs.stopping import StopSwitch, stopped_by_signals
from flows.runs.lock import only_run
from flows.runs.prepare import prepare
from flows.runs.record import run_folder
from flows.runs.runner import Errand, run_stage
from flows.runs.said import LINE, Said
from flows.showing.terminal import Terminal
from pipeline.foundation.errors import ConfigError


def run_one_stage(project: Path, stage: str) -> int:
    """Bring ``stage`` up to date and return the exit code.

    Raises:
        ConfigError: There is no such stage, or a setting is wrong.
        StageError: It, or one before it, ended with an error, whose exit code this carries.
        StoppedError: Ctrl-C.
    """
    project = project.resolve()
    be_quiet()
    with only_run(project, "convoy stage"), stopped_by_signals(switch := StopSwitch()):
        config = prepare(project, [], tell=Terminal().line)
        _check_name(stage, project)
        run = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-stage-{stage}"
        errand = Errand(
            project,
            run_folder(project, run),
            project / "reports" / run,
            config.flow.deadline_seconds,
            with_upstream=True,
            stop=switch,
        )
        terminal = Terminal(run=run)
        terminal.ended(run_stage(stage, errand, on_line=lambda told: _show(stage, told, terminal)))
    return 0


def _show(stage: str, told: Said, terminal: Terminal) -> None:
    terminal.journal.write(told.event, told.text, level=told.level, stage=stage, numbers=told.numbers)
    if told.text or told.event == LINE:
        terminal.line(told.text)


def _check_name(stage: str, project: Path) -> None:
    known = list(YAML(typ="safe").load((project / "dvc.yaml").read_text(encoding="utf-8")).get("stages", {}))
    if stage.partition("@")[0] not in known:
        near = difflib.get_close_matches(stage, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
        raise ConfigError(f"dvc.yaml has no stage {stage!r}; {hint}")
