"""The last run and the last prediction, from the records of runs, and from Prefect where it knows of a later one."""

from pathlib import Path
from typing import Any

from flows.programs.processes import is_alive
from flows.runs.record import Record, records
from flows.status.api import Api
from flows.status.found import Prediction, Run
from flows.watching.history import Entry
from pipeline.foundation.words import one_line, plural

RETRAIN, PREDICT = "retrain", "predict"
KILLED = "its process was killed; the next run goes on from the stages that were finished"


def look_at_runs(project: Path, api: Api | None, deployments: list[str]) -> Run | None:
    """Return the last retrain; one of the schedule where there is one, else one that somebody began."""
    known = [record for _, record in records(project) if record.flow == RETRAIN]
    scheduled = [record for record in known if record.by_schedule]
    last = _run((scheduled or known)[-1]) if known else None
    told = {record.flow_run_id for record in known}
    for each in deployments if api is not None else ():
        found = _asked(api, each)
        if found is not None and found.get("id") not in told:
            other = _of_prefect(found)
            last = other if last is None or other.began > last.began else last
    return last


def look_at_prediction(project: Path, compared: list[Entry]) -> Prediction | None:
    """Return the last prediction: of a schedule, or one by hand that was compared with the rows of training."""
    known = [record for _, record in records(project) if record.flow == PREDICT]
    found = [
        Prediction(record.began, one_line(record.message), record.state in ("completed", "running"))
        for record in known[-1:]
    ]
    hand = [entry for entry in compared if entry.kind == PREDICT][-1:]
    found += [
        Prediction(each.time, f"{each.name}, by {each.model}: {plural(each.rows, 'row')}", True)
        for each in hand
    ]
    return max(found, key=lambda each: each.at, default=None)


def promotions(project: Path) -> list[Record]:
    """Return the runs that were to promote a model, the oldest first."""
    return [record for _, record in records(project) if record.promotion]


def _run(record: Record) -> Run:
    is_dead = record.state == "running" and not is_alive(record.process)
    why = KILLED if is_dead else one_line(record.message)
    state = "crashed" if is_dead else record.state
    return Run(record.run, record.by_schedule, record.began, record.ended, state, why, record.exit_code)


def _asked(api: Api | None, deployment: str) -> dict[str, Any] | None:
    try:
        return None if api is None else api.last_run(deployment)
    except (OSError, ValueError):
        return None


def _of_prefect(found: dict[str, Any]) -> Run:
    """Return a run that never came to a record of its own."""
    state = found.get("state") or {}
    began = str(found.get("start_time") or found.get("expected_start_time") or "")
    kind = str(state.get("type", "")).lower()
    code = 0 if kind == "completed" else 1
    why = one_line(str(state.get("message") or ""))
    return Run(str(found.get("name")), True, began, str(found.get("end_time") or ""), kind, why, code)
