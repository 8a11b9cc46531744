"""A systemd unit that serves a project: it begins with the machine, and again when it is killed."""

import os
import sys
from pathlib import Path

from flows.schedules.schedule import Schedule, interval_text
from flows.schedules.wishes import Wishes

HEAD = (
    "# To ~/.config/systemd/user/convoy-{name}.service, then: systemctl --user enable --now convoy-{name}\n"
    "# Once, so that it begins with the machine and not with a login: loginctl enable-linger"
)


def unit_text(project: Path, wishes: Wishes) -> str:
    """Return the unit; what stands in the environment and matters is written into it, but no secret.

    Args:
        project: Folder of the project, absolute.
        wishes: What it serves.
    """
    name = wishes.name or project.name
    words = [str(Path(sys.executable).parent / "convoy"), "serve", "--project", str(project), *_words(wishes)]
    server = os.environ.get("PREFECT_API_URL")
    folder = str(project).replace("%", "%%")
    lines = [
        HEAD.format(name=name),
        "[Unit]",
        f"Description=Convoy serves {project.name}",
        "After=network-online.target",
        "Wants=network-online.target",
        "",
        "[Service]",
        f"WorkingDirectory={folder}",
        f"ExecStart={' '.join(map(_quoted, words))}",
        *([f"Environment=PREFECT_API_URL={server.replace('%', '%%')}"] if server else []),
        f"EnvironmentFile=-{folder}/.convoy/environment",
        "Restart=always",
        "RestartSec=10",
        "KillMode=mixed",
        "TimeoutStopSec=30",
        "",
        "[Install]",
        "WantedBy=default.target",
    ]
    return "\n".join(lines)


def _words(wishes: Wishes) -> list[str]:
    """Return the options of `convoy serve` that mean these wishes."""
    words, beside = [], wishes.retrain
    schedule = wishes.predict or wishes.retrain
    if schedule is None:
        return []
    if wishes.prediction is not None:
        asked = wishes.prediction
        words += ["--predict", asked.source, "--out", str(asked.out)]
        words += ["--model", str(asked.model)] if asked.model else []
        words += ["--every-step"] if asked.every else []
        words += _times(beside, "--retrain-") if beside is not None else []
    words += [*_times(schedule, "--"), "--timezone", schedule.timezone, "--overlap", schedule.overlap]
    words += ["--missed", schedule.missed, *([] if wishes.promote else ["--no-promote"])]
    pause = None if beside is None else beside.on_drift
    words += [] if pause is None else ["--retrain-on-drift", interval_text(pause)]
    return words + (["--name", wishes.name] if wishes.name else [])


def _times(schedule: Schedule, option: str) -> list[str]:
    if schedule.every is None:
        return [f"{option}cron", str(schedule.cron)]
    return [f"{option}every", interval_text(schedule.every)]


def _quoted(word: str) -> str:
    """Return a word of a command as systemd reads it: ``%`` and ``$`` mean something to it."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or any(sign in word for sign in " *;'") else word
