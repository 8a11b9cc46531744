"""From a path to a proposal: find out what kind of data lie there, and look at them."""

from dataclasses import replace
from pathlib import Path
from typing import Any, assert_never

from pipeline.foundation.errors import DataError
from pipeline.proposal.cases import are_cases, propose_cases
from pipeline.proposal.choice import Choice, Proposal, Wishes
from pipeline.proposal.clips import propose_clips
from pipeline.proposal.images import propose_images
from pipeline.proposal.kept import kept
from pipeline.proposal.made import made_for
from pipeline.proposal.refine import refined
from pipeline.proposal.rows import meaning_of_rows
from pipeline.proposal.samples import propose_samples
from pipeline.proposal.series import propose_series, propose_signals
from pipeline.proposal.settings import merged, placed, with_table
from pipeline.proposal.sound import propose_sound
from pipeline.proposal.source import source_for
from pipeline.proposal.texts import propose_texts
from pipeline.quality.passing import passing
from pipeline.quality.propose import propose_limit
from pipeline.sources.base import SourceTable
from pipeline.sources.build import build_source
from pipeline.sources.config import GeneratedConfig, PlainTable, SourceConfig, table_kind

MOST_ROWS = {
    "series": 2_000_000,
    "samples": 500_000,
    "text": 200_000,
    "images": 100_000,
    "clips": 50_000,
    "sound": 20_000,
}
"""So many rows are looked at; a longer table is judged by its first ones."""


def propose(data: str | Path | None, wishes: Wishes) -> Proposal:
    """Look at ``data`` and propose a project; paths in it are absolute. None: the digits of scikit-learn.

    Raises:
        DataError: The path is missing or of no known kind, or the data cannot be mined.
        ConfigError: The user's settings contradict one another.
    """
    if data is not None:
        place = str(data) if "://" in str(data) else str(Path(data).expanduser().absolute())
        wishes = replace(wishes, settings=with_table(placed(wishes.settings, place)))
    said = wishes.settings.get("sources") or {}
    source, reason = source_for(None if data is None else str(data), said)
    looked = refined(source, said, Choice("sources.kind", source.kind, reason))
    source = looked.source
    if isinstance(source, GeneratedConfig):
        wishes = replace(wishes, settings=merged(made_for(source), wishes.settings))
    if isinstance(source, PlainTable):
        source = meaning_of_rows(source, wishes)
    if isinstance(source, PlainTable) and table_kind(source) == "series":
        proposal = propose_series(source, Path.cwd(), wishes)
    else:
        proposal = _look(source, wishes)
    proposal = replace(
        proposal,
        choices=(*looked.choices, *proposal.choices),
        warnings=(*_of_address(data), *looked.warnings, *proposal.warnings),
    )
    return _with_limit(replace(proposal, choices=_as_written(proposal, wishes)))


def _of_address(data: str | Path | None) -> tuple[str, ...]:
    if "://" not in str(data):
        return ()
    return (
        "what lies behind the URL is fetched once and kept; `convoy run --force` fetches it again where it has "
        "changed, flow.new_data in params.yaml takes a dated snapshot of it in every run",
    )


def _look(source: SourceConfig, wishes: Wishes) -> Proposal:
    rows = table_kind(source)
    if not isinstance(source, PlainTable):
        _refuse_columns(source, wishes)
    table = build_source(source, Path.cwd()).read(MOST_ROWS[rows])
    if rows != "series" and "target" not in table.frame.columns:
        raise DataError(f"nothing says what is to be learnt from these {rows}; name a column with --target")
    proposal = replace(_proposed(source, kept(table), wishes), table=table)
    if table.frame.height < MOST_ROWS[rows]:
        return proposal
    seen = f"only the first {table.frame.height:,} rows were looked at; what comes later may be otherwise"
    return replace(proposal, warnings=(*proposal.warnings, seen))


def _proposed(source: SourceConfig, table: SourceTable, wishes: Wishes) -> Proposal:
    match table.kind:
        case "series":
            if wishes.said("preprocessing", "kind") == "whole" or are_cases(table):
                return propose_cases(source, table, wishes)
            return propose_signals(source, table, wishes)
        case "samples":
            return propose_samples(source, table, wishes)
        case "text":
            return propose_texts(source, table, wishes)
        case "images":
            return propose_images(source, table, wishes)
        case "clips":
            return propose_clips(source, table, wishes)
        case "sound":
            return propose_sound(source, table, wishes)
        case _:
            assert_never(table.kind)


def _as_written(proposal: Proposal, wishes: Wishes) -> tuple[Choice, ...]:
    """Return the choices with the values of the user's settings, where those outweigh what was proposed."""
    tree = proposal.config.model_dump(mode="json")
    told = []
    for choice in proposal.choices:
        said, written = (_inside(node, choice.setting) for node in (wishes.settings, tree))
        if said is None or isinstance(written, dict) or str(written) == choice.value:
            told.append(choice)
        else:
            shown = ", ".join(map(str, written)) if isinstance(written, list) else str(written)
            told.append(Choice(choice.setting, shown, "as the settings say"))
    return tuple(told)


def _inside(node: Any, setting: str) -> Any:
    for key in setting.split("."):
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _with_limit(proposal: Proposal) -> Proposal:
    """Allow as many rows to be set aside as are bad today, and say how many those are."""
    quality, rows = proposal.config.quality, proposal.table.frame.height
    limit = propose_limit(proposal.table, quality.max_quarantined)
    bad = rows - int(passing(proposal.table).sum())
    if not bad and limit == quality.max_quarantined:
        return proposal
    reason = (
        f"{bad:,} of {rows:,} rows are double, unreadable or without a target today: set aside, and not counted here"
        if bad
        else "so many rows show or say nothing today"
    )
    choice = Choice("quality.max_quarantined", f"{limit:g}", reason)
    config = proposal.config.model_copy(
        update={"quality": quality.model_copy(update={"max_quarantined": limit})}
    )
    return replace(proposal, config=config, choices=(*proposal.choices, choice))


def _refuse_columns(source: SourceConfig, wishes: Wishes) -> None:
    named: dict[str, Any] = {
        "target": wishes.target, "time": wishes.time, "group": wishes.group, "text": wishes.text,
        "horizon": wishes.horizon, "window": wishes.window, "ordered": wishes.ordered,
    }  # fmt: skip
    where = (
        "here the file's name, folder or archive says what it is (-S sources.target_pattern, "
        "-S sources.group_pattern, -S sources.labels)"
    )
    if isinstance(source, GeneratedConfig):
        where = f"here sources.problem={source.problem} says what it is"
    for option, value in named.items():
        if value not in (None, False):
            said = f"--{option}" + ("" if value is True else f" {value}")
            raise DataError(f"{said} is for tables; {where}")
