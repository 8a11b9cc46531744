"""The last comparison of new data with those of a model, and whether anything was done about it."""

from flows.status.found import Champion, Drift, Run
from flows.watching.history import Entry


def look_at_drift(compared: list[Entry], champion: Champion | None, last: Run | None) -> Drift | None:
    """Return it; an alarm is open until a run that began later went well, or another model became the champion."""
    if not compared:
        return None
    entry = compared[-1]
    retrained = last is not None and last.state == "completed" and last.began > entry.time
    replaced = champion is not None and champion.version != entry.model and champion.since > entry.time
    return Drift(
        entry.time,
        f"{entry.kind}: {entry.name}",
        entry.model,
        len(entry.columns),
        entry.columns,
        entry.alarms,
        entry.worse,
        entry.alarms and not retrained and not replaced,
    )
