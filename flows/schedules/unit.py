"""A systemd unit that serves a project: it begins with the machine, and again when it is killed."""

import os
import sys
from pathlib import Path

from flows.schedules.schedule import Schedule, interval_text

HEAD = "# To ~/.config/systemd/user/convoy-{name}.service, then: systemctl --user enable --now convoy-{name}"


def unit_text(project: Path, schedule: Schedule, *, name: str | None, promote: bool) -> str:
    """Return the unit; what stands in the environment and matters is written into it, but no secret.

    Raises:
        ConfigError: The times are none.
    """
    schedule.of_prefect()
    project = project.resolve()
    words = [str(Path(sys.executable).parent / "convoy"), "serve", "--project", str(project)]
    every = schedule.every
    when = ["--cron", str(schedule.cron)] if every is None else ["--every", interval_text(every)]
    words += [*when, "--timezone", schedule.timezone, "--overlap", schedule.overlap]
    words += ["--missed", schedule.missed, *([] if promote else ["--no-promote"])]
    words += ["--retrain-on-drift", interval_text(schedule.on_drift)] if schedule.on_drift else []
    words += ["--name", name] if name else []
    server = os.environ.get("PREFECT_API_URL")
    folder = str(project).replace("%", "%%")
    lines = [
        HEAD.format(name=name or project.name),
        "[Unit]",
        f"Description=Convoy retrains {project.name}",
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


def _quoted(word: str) -> str:
    """Return a word of a command as systemd reads it: ``%`` and ``$`` mean something to it."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or any(sign in word for sign in " *;'") else word
