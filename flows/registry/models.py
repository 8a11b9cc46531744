"""``convoy models``: every version that was promoted, and which one is the champion."""

from collections.abc import Sequence
from pathlib import Path

from flows.registry.promote import Promotion
from flows.registry.settle import known_registry
from flows.registry.tags import tags_of
from flows.showing.terminal import Terminal
from pipeline.evaluation.wording import numbers
from pipeline.foundation.errors import ConfigError
from pipeline.registry.champion import FILE, Registry, Version, version_folder

HEADER = ("", "promoted", "model", "score", "interval", "data", "commit", "")


def show_models(project: Path) -> int:
    """Print one line per version, the newest first, and return the exit code.

    Raises:
        ConfigError: The folder is no project, or the champion is none of its versions.
        IntegrityError: The registry is damaged.
    """
    project, terminal = project.resolve(), Terminal()
    registry = known_registry(project, tags_of(project))
    if not registry.versions:
        if not (project / "params.yaml").is_file():
            raise ConfigError(
                f"{project} has no params.yaml; go to a project's folder, or name it with --project"
            )
        terminal.line("nothing has been promoted yet; `convoy run`, then `convoy promote`")
        return 0
    rows = [_row(known, registry.champion, project) for known in reversed(registry.versions)]
    terminal.table(HEADER, rows, left=3)
    terminal.line()
    terminal.line(_how(registry))
    return 0


def _how(registry: Registry) -> str:
    """Return how the champion came to be it, as far as ``registry.json`` says so."""
    if registry.champion is None:
        return f"{FILE} names no champion; `convoy rollback VERSION` makes one of these the champion"
    champion = registry.entry(registry.champion)
    if not registry.moves:
        return f"{champion.version} is the champion, and {FILE} does not say since when: {champion.reason}"
    move = registry.moves[-1]
    return f"{champion.version} {move.how} {move.at[:16].replace('T', ' ')}: {champion.reason}"


def _row(known: Version, champion: str | None, project: Path) -> Sequence[str]:
    values = numbers(known.score, *(known.interval or ()))
    notes = ["forced"] * known.forced
    notes += ["" if version_folder(project, known.version).is_dir() else "not here"]
    return [
        f"{'▸' if known.version == champion else ' '} {known.version}",
        known.promoted[:16].replace("T", " "),
        known.model,
        f"{known.metric} {values[0]}",
        " to ".join(values[1:]),
        known.data[:8],
        (known.commit or "")[:8],
        ", ".join(filter(None, notes)),
    ]


def tell(promotion: Promotion) -> int:
    """Print how a promotion ended, and return the exit code: 1 where the champion stays."""
    terminal = Terminal()
    terminal.line(promotion.message)
    if promotion.version is None:
        return 1
    if promotion.tags is None:
        terminal.line("no git keeps this project, so there are no tags; .convoy/registry holds all versions")
        return 0
    tags = promotion.tags
    terminal.line(f"commit   {(promotion.commit or '')[:10]} on {tags.branch.removeprefix('refs/heads/')}")
    if not promotion.is_tagged:
        terminal.line("tag      none yet; until then the model is had by its commit alone")
        return 0
    terminal.line(f"tag      {tags.name}@{promotion.version}")
    terminal.line(f"to have it elsewhere: {tags.fetched_by(promotion.version)}")
    return 0


def say(sentence: str) -> None:
    """Print one line."""
    Terminal().line(sentence)
