"""``convoy init``: look at the user's data, propose a project, say what was chosen and why, and write it."""

import shlex
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.foundation.errors import ConfigError
from pipeline.foundation.words import harmless
from pipeline.proposal.choice import Choice, Proposal, Wishes
from pipeline.proposal.project import repository_around, write_project
from pipeline.proposal.propose import propose
from pipeline.proposal.settings import merged
from pipeline.proposal.snapshot import safe_name

WIDEST = 44
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


def make_project(
    folder: Path, data: str | None, wishes: Wishes, *, data_set: str | None = None, copy: bool = True
) -> str:
    """Write the project and return what to tell the user.

    Args:
        folder: Where the project goes.
        data: Path or URL; None: the digits of scikit-learn.
        wishes: What the user said.
        data_set: Name in the catalogue, instead of ``data``.
        copy: Whether to take a snapshot of the data into the project.

    Raises:
        PipelineError: The data cannot be mined, or the folder is taken; nothing is left behind.
    """
    if data is not None and data_set is not None:
        raise ConfigError(f"--data {data} and --data-set {data_set} contradict each other; give one")
    with TemporaryDirectory(prefix="convoy-") as place:
        if data_set is not None:
            data, wishes = _from_catalogue(data_set, wishes, Path(place))
            copy = True
        elif data is not None and data.lower().endswith(ARCHIVES) and Path(data).expanduser().is_file():
            data = _unpacked(Path(data).expanduser(), Path(place))
            copy = True
        proposal = propose(data, wishes)
        write_project(folder, proposal, data, copy=copy)
    said = story(folder, proposal, around=repository_around(folder))
    file = Path(data) if data is not None and copy else None
    if file is not None and file.is_file() and safe_name(file.name) != file.name:
        said += (
            f"\n(the copy of {file.name} is named {safe_name(file.name)}: some signs have a meaning for DVC)"
        )
    return said


def _from_catalogue(name: str, wishes: Wishes, place: Path) -> tuple[str, Wishes]:
    """Return where the data set now lies, and the wishes with the settings that the catalogue has for it."""
    from pipeline.sources.catalogue.entry import entry
    from pipeline.sources.catalogue.fetch import fetch

    wishes = replace(wishes, settings=merged(entry(name).tree, wishes.settings))
    return str(fetch(name, place)), wishes


def _unpacked(archive: Path, place: Path) -> str:
    from pipeline.sources.catalogue.archive import unpack

    folder = place / safe_name(archive.name).split(".")[0]
    unpack(archive, folder)
    return str(folder)


def story(folder: Path, proposal: Proposal, *, around: Path | None = None) -> str:
    """Return the choices with their reasons, the warnings, and what to do next.

    Args:
        folder: Where the project is.
        proposal: What was chosen.
        around: The git repository that it lies in; None: it has its own.
    """
    width = min(WIDEST, max(len(_setting(choice)) for choice in proposal.choices))
    lines = [f"{folder} is a project now. Chosen after a look at the data:", ""]
    lines += [f"  {_setting(choice):<{width}}  {harmless(choice.reason)}" for choice in proposal.choices]
    if proposal.warnings:
        lines += [
            "",
            "Before you believe a score:",
            *(f"  ! {harmless(warning)}" for warning in proposal.warnings),
        ]
    lines += [
        "",
        "Change any of it in params.yaml, or with `convoy run -S section.key=value`, which writes it there;",
        "what is expected of the data is in quality.yaml.",
        *_untouched(folder, around),
        "",
        f"Next:  cd {shlex.quote(str(folder))} && convoy run",
    ]
    return "\n".join(lines)


def _untouched(folder: Path, around: Path | None) -> tuple[str, ...]:
    """Return what was left to the user in a repository that is not the project's own."""
    if around is None:
        return ()
    named = shlex.quote(str(folder))
    return (
        "",
        f"It lies in the git repository {around}, to which nothing was added and in which nothing was committed;",
        f"when you want it there:  git add {named} && git commit -m 'Begin the project' -- {named}",
    )


def _setting(choice: Choice) -> str:
    return harmless(f"{choice.setting}: {choice.value}")
