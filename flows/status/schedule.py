"""What runs by itself: who serves the project, at which times, and what Prefect's server says of them."""

import os
from pathlib import Path

from flows.runs.serving import Serving, servings
from flows.server.announced import find_server
from flows.server.server import answers
from flows.status.api import Api, is_http
from flows.status.found import Schedule, Served, Times
from pipeline.foundation.addresses import shown

MOST = 3
"""Servings of the past that are told."""


def look_at_schedule(project: Path) -> tuple[Schedule, Api | None, list[str]]:
    """Return the schedule, the server where one answers, and the ids of the project's deployments there."""
    known = [_served(each) for each in servings(project)]
    url, told = _server(project)
    if url is None:
        return Schedule(tuple(known[:MOST]), None, told), None, []
    api, page = Api(url), shown(url).removesuffix("/api")
    try:
        found = api.deployments(project)
        times = tuple(api.times(each) for each in found)
        names = [f"convoy: retrain {each.title.partition('/')[2]} on drift" for each in times]
        retrains = any(api.has_automation(name) for name in dict.fromkeys(names))
    except (OSError, ValueError, KeyError, TypeError) as error:
        told = f"the Prefect server at {page} does not say what is scheduled ({type(error).__name__})"
        return Schedule(tuple(known[:MOST]), None, told), None, []
    schedule = Schedule(tuple(known[:MOST]), page, f"Prefect server {page}", times, retrains)
    return schedule, api, [str(each["id"]) for each in found]


def _server(project: Path) -> tuple[str | None, str]:
    """Return the URL of the server that answers, or why none does."""
    if url := os.environ.get("PREFECT_API_URL"):
        if is_http(url) and answers(url):
            return url, ""
        return None, f"no Prefect server answers at PREFECT_API_URL={shown(url)}"
    if (url := find_server(project)) is not None:
        return url, ""
    return (
        None,
        "no Prefect server answers; with one (`convoy serve`, `convoy ui`) the next times are told, too",
    )


def _served(serving: Serving) -> Served:
    state = "lives" if serving.lives else "killed" if serving.was_killed else "ended"
    return Served(serving.process.pid, serving.since, serving.what, state, serving.ended)


def is_served(schedule: Schedule) -> bool:
    """Return whether something runs the project at its times: a process here, or a worker."""
    return any(each.state == "lives" for each in schedule.served) or any(map(_by_worker, schedule.times))


def _by_worker(times: Times) -> bool:
    return times.pool is not None and times.is_asked_for
