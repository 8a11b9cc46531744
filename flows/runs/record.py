"""What a run leaves in ``.convoy/runs/RUN/``: who ran it, which stages, how it ended.

The record is written before the first stage starts, so that a run whose process was killed is known by
it, and the next run can say so in Prefect's history.
"""

import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from flows.programs.environment import SERVED_VARIABLE
from flows.programs.processes import Identity, identity, is_alive
from pipeline.foundation.files import json_text, write_atomically

Outcome = Literal["ran", "restored", "up to date", "failed", "stopped", "not run"]
State = Literal["running", "completed", "failed", "stopped", "crashed"]


@dataclass(frozen=True)
class StageRun:
    """One stage in one run."""

    stage: str
    outcome: Outcome
    seconds: float = 0.0

    @property
    def changed(self) -> bool:
        """Whether its folder may hold something new, so that the stages after it have to look."""
        return self.outcome in ("ran", "restored")


@dataclass(frozen=True)
class Record:
    """One run of a project."""

    run: str
    process: Identity
    server: str
    """Where Prefect's history of it is: ``project`` for ``.convoy/prefect.db``, or the URL of a server."""
    flow_run_id: str
    state: State = "running"
    message: str = ""
    exit_code: int = 0
    began: str = field(default_factory=lambda: _now())
    ended: str = ""
    stages: tuple[StageRun, ...] = ()
    promotion: str = ""
    """What became of the model, where the run was to promote it."""
    flow: str = "retrain"
    by_schedule: bool = False
    """Whether a schedule, a worker or drift began it, and no person."""


class Recorder:
    """Keeps the record of the running flow on disk; several stages may report at once."""

    def __init__(self, project: Path, record: Record) -> None:
        self.project = project
        self.folder = run_folder(project, record.run)
        self.reports = project / "reports" / record.run
        self.record = record
        self._notes: list[str] = []
        self._lock = threading.Lock()
        self._change()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> None:
        """Leave no record that says *running* behind, whatever happens inside."""
        if error is not None and self.record.state == "running":
            state: State = "failed" if isinstance(error, Exception) else "stopped"
            self.end(state, str(error) or type(error).__name__, getattr(error, "exit_code", 1))

    def stage(self, stage: StageRun) -> StageRun:
        """Add what became of a stage."""
        with self._lock:
            others = tuple(known for known in self.record.stages if known.stage != stage.stage)
            self._change(stages=(*others, stage))
        return stage

    def complete(self, stages: Sequence[str]) -> None:
        """Put the stages in their order, and add those that nothing became of."""
        known = {run.stage: run for run in self.record.stages}
        with self._lock:
            self._change(stages=tuple(known.get(stage, StageRun(stage, "not run")) for stage in stages))

    def note(self, sentence: str) -> None:
        """Keep a sentence for the end of the run."""
        self._notes.append(sentence)

    def noted(self, message: str) -> str:
        """Return ``message`` with what was kept for the end behind it."""
        return "; ".join([message, *self._notes])

    def promotion(self, sentence: str) -> None:
        """Write what became of the model."""
        with self._lock:
            self._change(promotion=sentence)

    def end(self, state: State, message: str, exit_code: int) -> None:
        """Write how the run ended."""
        with self._lock:
            self._change(state=state, message=message, exit_code=exit_code, ended=_now())

    def _change(self, **fields: object) -> None:
        self.record = replace(self.record, **fields)  # type: ignore[arg-type]
        write_record(self.folder, self.record)


def new_record(name: str, *, server: str, flow_run_id: str, flow: str = "retrain") -> Record:
    """Return the record of a run of this process that begins now."""
    me = identity()
    if me is None:
        raise RuntimeError("a running process always has an identity")
    stamp = datetime.now(UTC).astimezone().strftime("%Y%m%d-%H%M%S")
    by_schedule = SERVED_VARIABLE in os.environ
    return Record(f"{stamp}-{name}", me, server, flow_run_id=flow_run_id, flow=flow, by_schedule=by_schedule)


def keep_failure(project: Path, record: Record, message: str, exit_code: int) -> None:
    """Write down a scheduled run that failed before it had a record: nobody saw it, and Prefect may forget it."""
    is_told = record_of(project, record.flow_run_id) is not None
    if record.by_schedule and not is_told and (project / "params.yaml").is_file():
        with suppress(OSError):
            Recorder(project, record).end("failed", message, exit_code)


def run_folder(project: Path, run: str) -> Path:
    """Return ``.convoy/runs/RUN`` of the project."""
    return project / ".convoy" / "runs" / run


def write_record(folder: Path, record: Record) -> None:
    """Write ``run.json`` so that a reader never sees half of it."""
    write_atomically(json_text(asdict(record)), folder / "run.json")


def read_record(folder: Path) -> Record:
    """Return the record in a run's folder.

    Raises:
        ValueError: The file is no record of this version.
        FileNotFoundError: There is none.
    """
    content = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    try:
        process = Identity(**content.pop("process"))
        stages = tuple(StageRun(**stage) for stage in content.pop("stages"))
        return Record(process=process, stages=stages, **content)
    except (TypeError, KeyError) as error:
        raise ValueError(f"{folder / 'run.json'} is no record of a run: {error}") from None


def records(project: Path) -> Iterator[tuple[Path, Record]]:
    """Yield every run's folder and record, the oldest first; what cannot be read is passed over."""
    for path in sorted((project / ".convoy" / "runs").glob("*/run.json")):
        try:
            yield path.parent, read_record(path.parent)
        except (ValueError, FileNotFoundError):
            continue


def record_of(project: Path, flow_run_id: str) -> Record | None:
    """Return the record of one flow run."""
    return next((known for _, known in records(project) if known.flow_run_id == flow_run_id), None)


def dead_runs(project: Path) -> list[tuple[Path, Record]]:
    """Return the runs that never said how they ended and whose process is gone."""
    return [
        (folder, record)
        for folder, record in records(project)
        if record.state == "running" and not is_alive(record.process)
    ]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
