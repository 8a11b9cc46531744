"""Propose a project for a table whose rows stand for themselves."""

from pipeline.foundation.words import plural
from pipeline.proposal.answer import choose_answer
from pipeline.proposal.choice import Choice, Proposal, Wishes
from pipeline.proposal.division import choose_division, ungrouped_warning
from pipeline.proposal.length import choose_epochs
from pipeline.proposal.settings import proposed_config
from pipeline.sources.base import SourceTable
from pipeline.sources.config import SourceConfig


def propose_samples(source: SourceConfig, table: SourceTable, wishes: Wishes) -> Proposal:
    """Propose a project for independent rows: numbers and categories read as a short sequence.

    Raises:
        DataError: There is one class only.
    """
    frame = table.frame
    answer = choose_answer(frame["target"], wishes, name=getattr(source, "target", None))
    kind, division = choose_division(frame, wishes, noun="rows", head=answer.heads["kind"])
    holes = sum(frame[name].null_count() for name in table.channels)
    missing = Choice(
        "preprocessing.missing",
        "mask" if holes else "refuse",
        f"{plural(holes, 'cell')} without a value"
        if holes
        else "every cell has a value today; a later hole stops the run",
    )
    training, epochs = choose_epochs(frame.height, "rows", wishes)
    tree = {
        "sources": source.model_dump(mode="json"),
        "preprocessing": {"kind": "table", "missing": missing.value, "split": {"kind": kind}},
        "heads": answer.heads,
        "extraction": {"kind": "conv1d", "features": [32], "kernel": 3, "pool": 1, "epochs": 2},
        "temporal": {"kind": "lstm", "hidden": 32},
        "model": {"order": "cnn-lstm", "pooling": "flatten", "dropout": 0.2},
        "training": training,
    }
    shown = [*table.channels, *table.categories]
    columns = ", ".join(shown[:6]) + (f" and {len(shown) - 6} more" if len(shown) > 6 else "")
    about = ", ".join(
        (
            plural(len(table.channels), "number"),
            plural(len(table.categories), "category", "categories"),
        )
    )
    return Proposal(
        config=proposed_config(tree, wishes.settings),
        choices=(Choice("sources.channels", columns, about), *answer.choices, missing, *division, epochs),
        table=table,
        warnings=(
            "the columns of a table have no order in time: a network that reads them as a sequence has no natural "
            "advantage here; look at the rivals first",
            *answer.warnings,
            *ungrouped_warning(frame, kind, what="rows are of one person or thing"),
        ),
    )
