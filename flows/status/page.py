"""The status of a project as one short page."""

from collections.abc import Iterator
from datetime import UTC, datetime

from flows.status.found import Challenger, Champion, Data, Drift, Run, Schedule, Status
from pipeline.evaluation.wording import numbers

NOTHING = "none yet"


def page(status: Status) -> list[tuple[str, str]]:
    """Return the lines: what it is about, and what there is to say."""
    moment = datetime.fromisoformat(status.at).astimezone()  # all times are those of this machine
    lines = [
        ("project", f"{status.project}  {status.path}, {moment:%Y-%m-%d %H:%M %Z}"),
        *_schedule(status.schedule),
    ]
    lines += [("last run", _run(status.run)), *_data(status.data), *_champion(status.champion)]
    if (last := status.challenger) is not None:
        lines.append(("challenger", f"{_time(last.at)}  {_ended(last)}"))
    predicted = status.prediction
    lines.append(("prediction", f"{_time(predicted.at)}  {predicted.told}" if predicted else NOTHING))
    lines.append(("drift", _drift(status.drift, status.schedule)))
    return lines


def _schedule(schedule: Schedule) -> Iterator[tuple[str, str]]:
    if not schedule.served and not schedule.times:
        yield "served", "no: nothing has been scheduled (`convoy serve --cron LINE`)"
    for each in schedule.served:
        if each.state == "lives":
            yield "served", f"since {_time(each.since)}, process {each.pid}: {each.what}"
        else:
            gone = (
                f"was killed (begun {_time(each.since)})"
                if each.state == "killed"
                else f"until {_time(each.ended)}"
            )
            yield "served", f"no: {gone}: {each.what}"
    for times in schedule.times:
        coming = f"next {_time(times.next)}" if times.next else "no next time yet"
        by = f", pool {times.pool}" if times.pool else ""
        yield "times", f"{times.title} {times.when}, {times.timezone}{by}; {coming}"
    yield "server", schedule.told


def _run(run: Run | None) -> str:
    if run is None:
        return f"{NOTHING} (`convoy run`)"
    begun = "" if run.by_schedule else " by hand"
    why = f": {run.why}" if run.why else ""
    return f"{_time(run.began)}{begun}  {run.state}{why}"


def _data(data: Data | None) -> Iterator[tuple[str, str]]:
    if data is None:
        return
    version = f" (MD5 {data.version[:8]})" if data.version else ""
    yield "data", f"{data.accepted}{version}{f'; {data.told}' if data.told else ''}"
    if data.refused is not None:
        yield "refused", f"{data.refused}: {data.refused_why}"


def _champion(champion: Champion | None) -> Iterator[tuple[str, str]]:
    if champion is None:
        yield "champion", f"{NOTHING} (`convoy promote`)"
        return
    score, *bounds = numbers(champion.score, *(champion.interval or ()))
    told = f"{champion.version} {champion.how} {_time(champion.since)}  {champion.model}: {champion.metric} {score}"
    told += f" ({bounds[0]} to {bounds[1]})" if bounds else ""
    if champion.floor is not None and champion.floor_score is not None:
        told += f"; floor {champion.floor} {numbers(champion.floor_score)[0]}"
    yield "champion", told


def _drift(drift: Drift | None, schedule: Schedule) -> str:
    if drift is None:
        return "not looked at yet"
    found = f"{drift.columns} columns ({', '.join(drift.names[:3])})" if drift.columns else "no column"
    worse = ", and the model has become worse" if drift.worse else ""
    told = f"alarm: {found}{worse}" if drift.alarm else f"no alarm: {found}"
    if drift.open:
        told += (
            "; a retrain is asked for" if schedule.retrains_on_drift else "; nothing was done about it yet"
        )
    return f"{_time(drift.at)}  {told} ({drift.of}, beside {drift.model})"


def _ended(challenger: Challenger) -> str:
    how = "promoted" if challenger.promoted else "not promoted"
    return f"{how}: {challenger.why.removeprefix('not promoted: ')}"


def _time(text: str | None) -> str:
    """Return a time as a person of this machine reads it."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return str(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
