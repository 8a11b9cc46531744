"""What `convoy status` does: one short page, or JSON, and an exit code for whoever watches."""

import json
from dataclasses import asdict
from pathlib import Path

from flows.showing.terminal import Terminal
from flows.status.look import look
from flows.status.page import page

TROUBLE = 1
"""Exit code where something needs a person."""


def show_status(project: Path, *, as_json: bool = False, must_be_served: bool = False) -> int:
    """Print the status of a project, and return 1 where something needs a person, else 0.

    Args:
        project: Its folder.
        as_json: For programs.
        must_be_served: Whether it needs a person where nothing serves it.

    Raises:
        ConfigError: The folder is no project.
    """
    status = look(project.resolve(), must_be_served=must_be_served)
    code = TROUBLE if status.wrong else 0
    terminal = Terminal()
    if as_json:
        content = {**asdict(status), "exit_code": code}
        terminal.line(json.dumps(content, ensure_ascii=True, allow_nan=False))
        return code
    for name, told in page(status):
        terminal.line(f"{name:<10}  {told}")
    terminal.line()
    for trouble in status.wrong:
        terminal.line(f"{terminal.style('wrong', 'red')}       {trouble.what}")
        terminal.line(f"{'':10}  → {trouble.mend}")
    if not status.wrong:
        terminal.line("nothing needs a person")
    return code
