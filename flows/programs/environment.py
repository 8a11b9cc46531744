"""The environment of every program that Convoy starts: nothing calls home, and `python` is this one."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DVC_NO_ANALYTICS": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
}
SERVED_VARIABLE = "CONVOY_SERVED"
"""Set in each scheduled run: it ends with the process of this id, however that ends; 1: with its parent alone."""

KEPT = Path(".convoy") / "environment"
"""File of a project with what should not stand in a systemd unit, one ``NAME=value`` a line."""


def kept_variable(project: Path, name: str) -> str:
    """Return a variable of the project's environment file; empty: it is not there."""
    try:
        lines = (project / KEPT).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return ""
    found = [line.partition("=")[2].strip() for line in lines if line.partition("=")[0].strip() == name]
    return _unquoted(found[-1]) if found else ""


def be_quiet() -> None:
    """Turn off what the tools would report home, unless the user has set it otherwise."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)


def silence_prefect() -> None:
    """Keep Prefect's own lines off the terminal, unless the user has set it otherwise; before Prefect is imported."""
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    os.environ.setdefault("PREFECT_LOGGING_INTERNAL_LEVEL", "CRITICAL")


def child_environment(extra: Mapping[str, str | Path] | None = None) -> dict[str, str]:
    """Return the environment for DVC and the stages.

    ``python`` in ``dvc.yaml`` has to be the interpreter that runs Convoy, also where its virtual
    environment is not activated; lines come as they are written, and in UTF-8.
    """
    beside = str(Path(sys.executable).parent)
    return {
        **os.environ,
        "PATH": os.pathsep.join([beside, os.environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        **{name: str(value) for name, value in (extra or {}).items()},
    }


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
