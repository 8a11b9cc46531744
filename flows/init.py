"""``convoy init``: look at the user's data, propose a project, say what was chosen and why, and write it."""

import shlex
from pathlib import Path

from pipeline.proposal.choice import Choice, Proposal, Wishes
from pipeline.proposal.project import safe_name, write_project
from pipeline.proposal.propose import propose

WIDEST = 44


def make_project(folder: Path, data: Path | None, wishes: Wishes, *, copy: bool) -> str:
    """Write the project and return what to tell the user.

    Raises:
        PipelineError: The data cannot be mined, or the folder is taken; nothing is left behind.
    """
    proposal = propose(data, wishes)
    write_project(folder, proposal, data, copy=copy)
    said = story(folder, proposal)
    if copy and data is not None and data.is_file() and safe_name(data.name) != data.name:
        said += (
            f"\n(the copy of {data.name} is named {safe_name(data.name)}: some signs have a meaning for DVC)"
        )
    return said


def story(folder: Path, proposal: Proposal) -> str:
    """Return the choices with their reasons, the warnings, and what to do next."""
    width = min(WIDEST, max(len(_setting(choice)) for choice in proposal.choices))
    lines = [f"{folder} is a project now. Chosen after a look at the data:", ""]
    lines += [f"  {_setting(choice):<{width}}  {choice.reason}" for choice in proposal.choices]
    if proposal.warnings:
        lines += ["", "Before you believe a score:", *(f"  ! {warning}" for warning in proposal.warnings)]
    lines += [
        "",
        "Change any of it in params.yaml, or with `convoy run -S section.key=value`, which writes it there;",
        "what is expected of the data is in quality.yaml.",
        "",
        f"Next:  cd {shlex.quote(str(folder))} && convoy run",
    ]
    return "\n".join(lines)


def _setting(choice: Choice) -> str:
    return f"{choice.setting}: {choice.value}"
