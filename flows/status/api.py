"""Prefect's API as plain requests: importing its client alone takes longer than all else that `convoy status` does."""

import base64
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from flows.status.found import Times
from pipeline.foundation.words import interval_text

SECONDS = 3.0
PAGE = 200
LATE = timedelta(minutes=2)
WAITS = "AwaitingConcurrencySlot"


class Api:
    """One server that answers."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._flows: dict[str, str] = {}

    def deployments(self, project: Path) -> list[dict[str, Any]]:
        """Return the deployments of a project that have times."""
        found = self._ask("deployments/filter", {"limit": PAGE})
        own = [each for each in found if (each.get("parameters") or {}).get("project") == str(project)]
        return [each for each in own if each.get("schedules")]

    def times(self, deployment: dict[str, Any]) -> Times:
        """Return when a deployment runs, and when next."""
        active = [each["schedule"] for each in deployment["schedules"] if each.get("active")]
        first = active[0] if active else {}
        waiting = self._scheduled(deployment["id"])
        now = datetime.now(UTC)
        coming = [time for time, _ in waiting if time >= now]
        late = [time for time, state in waiting if time < now - LATE and state != WAITS]
        return Times(
            title=f"{self._flow(deployment['flow_id'])}/{deployment['name']}",
            when=_when(first) if active and not deployment.get("paused") else "paused",
            timezone=str(first.get("timezone") or "UTC"),
            next=min(coming).isoformat(timespec="seconds") if coming else None,
            pool=deployment.get("work_pool_name"),
            is_asked_for=deployment.get("status") == "READY",
            late=len(late),
        )

    def last_run(self, deployment: str) -> dict[str, Any] | None:
        """Return the last run of a deployment that ended, other than by being left out."""
        ended = {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}}
        found = self._runs(deployment, ended, "EXPECTED_START_TIME_DESC", 1)
        return found[0] if found else None

    def has_automation(self, title: str) -> bool:
        """Return whether an automation of that name is switched on."""
        found = self._ask("automations/filter", {"automations": {"name": {"any_": [title]}}})
        return any(each.get("enabled") for each in found)

    def _scheduled(self, deployment: str) -> list[tuple[datetime, str]]:
        wanted = {"state": {"type": {"any_": ["SCHEDULED"]}}}
        found = self._runs(deployment, wanted, "EXPECTED_START_TIME_ASC", PAGE)
        return [
            (datetime.fromisoformat(run["expected_start_time"]), str(run.get("state_name")))
            for run in found
            if run.get("expected_start_time")
        ]

    def _runs(self, deployment: str, runs: dict[str, Any], sort: str, limit: int) -> list[dict[str, Any]]:
        asked = {"deployments": {"id": {"any_": [deployment]}}, "flow_runs": runs}
        return self._ask("flow_runs/filter", {**asked, "sort": sort, "limit": limit})

    def _flow(self, flow: str) -> str:
        if flow not in self._flows:
            found = self._ask("flows/filter", {"flows": {"id": {"any_": [flow]}}, "limit": 1})
            self._flows[flow] = str(found[0]["name"]) if found else "?"
        return self._flows[flow]

    def _ask(self, what: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        request = Request(f"{self.url}/{what}", json.dumps(body).encode(), _headers())  # noqa: S310 - http by the callers
        with urlopen(request, timeout=SECONDS) as reply:  # noqa: S310
            content = json.loads(reply.read())
        if not isinstance(content, list):
            raise ValueError(f"{what} is no list")
        return content


def _headers() -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    if secret := os.environ.get("PREFECT_API_AUTH_STRING"):
        headers["Authorization"] = f"Basic {base64.b64encode(secret.encode()).decode()}"
    elif key := os.environ.get("PREFECT_API_KEY"):
        headers["Authorization"] = f"Bearer {key}"
    return headers


def is_http(url: str) -> bool:
    """Return whether a URL is one that is asked here."""
    return urlsplit(url).scheme in ("http", "https")


def _when(schedule: dict[str, Any]) -> str:
    if cron := schedule.get("cron"):
        return f"at {str(cron)!r}"
    if interval := schedule.get("interval"):
        return f"every {interval_text(timedelta(seconds=float(interval)))}"
    return str(schedule.get("rrule") or "?")
