"""A systemd unit that serves a project: it begins with the machine, and again when it is killed."""

import os
import sys
from pathlib import Path

from flows.schedules.schedule import Schedule
from flows.schedules.wishes import Wishes
from pipeline.foundation.addresses import masked, shown
from pipeline.foundation.words import interval_text

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
    server = os.environ.get("PREFECT_API_URL") or None
    folder = str(project).replace("%", "%%")
    lines = [
        HEAD.format(name=name),
        *_apart(server, wishes),
        "[Unit]",
        f"Description=Convoy serves {project.name}",
        "After=network-online.target",
        "Wants=network-online.target",
        "",
        "[Service]",
        f"WorkingDirectory={folder}",
        f"ExecStart={' '.join(map(_quoted, words))}",
        *(
            []
            if server is None or _is_secret(server)
            else [f"Environment=PREFECT_API_URL={server.replace('%', '%%')}"]
        ),
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
        words += ["--predict", masked(asked.source), "--out", str(asked.out)]
        words += ["--model", str(asked.model)] if asked.model else []
        words += ["--every-step"] if asked.every else []
        words += _times(beside, "--retrain-") if beside is not None else []
    words += [*_times(schedule, "--"), "--timezone", schedule.timezone, "--overlap", schedule.overlap]
    words += ["--missed", schedule.missed, *([] if wishes.promote else ["--no-promote"])]
    pause = None if beside is None else beside.on_drift
    words += [] if pause is None else ["--retrain-on-drift", interval_text(pause)]
    return words + (["--name", wishes.name] if wishes.name else [])


def _is_secret(address: str) -> bool:
    """Return whether a URL holds a user, a password or a query: a unit is read by everybody on the machine."""
    return shown(address) != address


def _apart(server: str | None, wishes: Wishes) -> list[str]:
    """Return what the user has to write into the environment, each as a comment."""
    asked = wishes.prediction
    secret = ["PREFECT_API_URL=URL, as it is set here"] * (server is not None and _is_secret(server))
    secret += ["CONVOY_INPUT=URL, that of --predict"] * (
        asked is not None and masked(asked.source) != asked.source
    )
    return [f"# To .convoy/environment, because it may hold a secret: {line}" for line in secret]


def _times(schedule: Schedule, option: str) -> list[str]:
    if schedule.every is None:
        return [f"{option}cron", str(schedule.cron)]
    return [f"{option}every", interval_text(schedule.every)]


def _quoted(word: str) -> str:
    """Return a word of a command as systemd reads it: ``%`` and ``$`` mean something to it."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or any(sign in word for sign in " *;'") else word
