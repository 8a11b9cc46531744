"""The order of the stages and which of them changed: DVC's own graph and status, never a second list.

Run as a program in a project's folder it prints both as JSON, so that DVC is imported beside the start
of the server and not inside the flow.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.programs.environment import child_environment
from flows.programs.launch import launched
from pipeline.foundation.errors import BusyError, MachineError

_LOCKED = "LockError"


@dataclass(frozen=True)
class Plan:
    """What a run has to look at."""

    upstream: dict[str, tuple[str, ...]]
    """Stage → the stages whose outputs it reads; upstream stages come first."""

    changed: frozenset[str]
    """Stages whose inputs, settings, code, command or outputs differ from ``dvc.lock``."""

    edited: frozenset[str] = frozenset()
    """Pointers (``PATH.dvc``) of data that lie in their place and are no longer what DVC was given."""


class Reading:
    """A plan on its way: the child process has been started, the answer is fetched later."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._process = subprocess.Popen(
            launched([sys.executable, "-P", __file__]),
            cwd=project,
            env=child_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def result(self) -> Plan:
        """Wait for the plan.

        Raises:
            BusyError: Another DVC command holds the project.
            MachineError: DVC cannot read the project.
        """
        answer, complaint = self._process.communicate()
        if self._process.returncode:
            log = self._project / ".convoy" / "dvc.log"
            log.parent.mkdir(exist_ok=True)
            log.write_bytes(complaint)
            raise _told(complaint.decode(errors="replace").strip(), log)
        # DVC may print before the answer, which is the last line.
        content = json.loads(answer.decode().splitlines()[-1])
        upstream = {stage: tuple(names) for stage, names in content["upstream"].items()}
        changed = frozenset(content["changed"]) & frozenset(upstream)
        return Plan(upstream, changed, frozenset(content["edited"]))


_readings: dict[Path, Reading] = {}


def prefetch_plan(project: Path) -> None:
    """Let DVC read the project while something else is waited for."""
    _readings[project] = Reading(project)


def read_plan(project: Path) -> Plan:
    """Return the plan of a run, the prefetched one if there is one.

    DVC was seen to fail here once in some 500 readings, with a bare ``AssertionError`` on a loaded
    machine; reading changes nothing, so it is asked a second time.

    Raises:
        BusyError: Another DVC command holds the project.
        MachineError: DVC cannot read the project.
    """
    try:
        return (_readings.pop(project, None) or Reading(project)).result()
    except MachineError:
        return Reading(project).result()


def _told(complaint: str, log: Path) -> BusyError | MachineError:
    last = complaint.splitlines()[-1] if complaint else "it said nothing"
    if _LOCKED in last:
        return BusyError("another DVC command holds this project; wait until it ends and run again")
    return MachineError(f"DVC cannot read this project's stages: {last}; {log} tells more")


def _read() -> dict[str, object]:
    import networkx
    from dvc.repo import Repo

    repo = Repo(".")
    graph = repo.index.graph
    # Snapshots of sources (`.dvc` files) are nodes, too, but there is nothing to run.
    upstream = {
        stage.addressing: sorted(other.addressing for other in graph.successors(stage) if other.cmd)
        for stage in networkx.dfs_postorder_nodes(graph)
        if stage.cmd
    }
    status = (
        repo.status()
    )  # by size and time of each file; DVC hashes only those in which one of them changed
    edited = [name for name, found in status.items() if name not in upstream and _is_edited(found)]
    return {"upstream": upstream, "changed": sorted(status), "edited": sorted(edited)}


def _is_edited(found: list[Any]) -> bool:
    outs = [out for part in found if isinstance(part, dict) for out in part.get("changed outs", {}).values()]
    return "modified" in outs


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(_read()) + "\n")
