"""What is killed, when, and what has to be true of a project afterwards."""

import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import yaml

from flows.versions.locks import stale_entries

KILLS = int(os.environ.get("CHAOS_KILLS", "12"))
"""Kills of the whole suite: a sample; `make chaos` asks for more."""

ASKED_FOR = "CHAOS_KILLS" in os.environ
"""Whether somebody asked for it: trainings that are killed take minutes a round, and no sample of them is taken."""

SEED = int(os.environ.get("CHAOS_SEED", "20"))
AT_ONCE = 3
"""Kills in a row, before a run is left in peace."""

PATIENCE = 120.0
UNDER_WAY = ("Running", "Pending", "Cancelling", "Scheduled", "Late", "Paused")


@dataclass
class Project:
    """A project, and the processes that belong to it."""

    folder: Path
    environment: dict[str, str]
    told: list[str] = field(default_factory=list)
    """What was done to it, for whoever has to read a failure."""

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command as a shell would: leader of a process group of its own."""
        with (self.folder.parent / "output.txt").open("ab") as output:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def call(self, *command: str) -> str:
        """Run a command to its end, in peace."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{self.told}\n{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def processes(self) -> list[psutil.Process]:
        """Return what lives in the project's folder, or works for it elsewhere."""
        return [process for process in psutil.process_iter() if _belongs(process, str(self.folder))]

    def disturb(self, command: Sequence[str], rng: random.Random, longest: float) -> bool:
        """Start a command, kill one of its processes (or all) at a random moment, and wait for what that leaves.

        Returns:
            Whether there still was something to kill.
        """
        running = self.start(*command)
        time.sleep(rng.uniform(0.0, longest))
        victims = self._victims(rng)
        for victim in victims:
            _kill(victim)
        wait(lambda: running.poll() is not None, f"{command} ends")
        wait(lambda: not self.processes(), "its processes are gone")
        return bool(victims)

    def _victims(self, rng: random.Random) -> list[psutil.Process]:
        kinds: dict[str, list[psutil.Process]] = {}
        for process in self.processes():
            kinds.setdefault(_kind(process), []).append(process)
        if not kinds:
            return []
        kind = rng.choice([*sorted(kinds), "everything"])
        chosen = self.processes() if kind == "everything" else [rng.choice(kinds[kind])]
        self.told.append(f"{kind} after {time.time():.1f}")
        return chosen

    def bytes(self) -> dict[str, str]:
        """Return the hash of every file that a run leaves as a result, and what DVC wrote down of each stage."""
        files = [path for path in (self.folder / "data").rglob("*") if path.is_file()]
        results = [path for path in files if ".tmp" not in path.parts and path.name != ".gitignore"]
        hashes = {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in results
        }
        # The stages stand there in the order in which they ended, which two side by side decide by chance.
        lock = yaml.safe_load((self.folder / "dvc.lock").read_text())
        return hashes | {f"dvc.lock: {name}": json.dumps(entry) for name, entry in lock["stages"].items()}

    def under_way(self) -> list[tuple[str, str]]:
        """Return the runs of flows and tasks that the history shows as if they still ran."""
        with sqlite3.connect(self.folder / ".convoy" / "prefect.db") as database:
            rows = [
                (name, state)
                for table in ("flow_run", "task_run")
                for name, state in database.execute(f"select name, state_name from {table}")  # noqa: S608
            ]
        return [(str(name), str(state)) for name, state in rows if state in UNDER_WAY]

    def locked(self) -> list[str]:
        """Return what DVC's table of locks still holds; nobody is there who could."""
        return stale_entries(self.folder)


def planned(kills: int) -> list[str]:
    """Return the names of the rounds that make up so many kills; each is the seed of what happens in it."""
    return [f"{SEED}-{number}" for number in range(-(-kills // AT_ONCE))]


def disturbed(project: Project, commands: Sequence[Sequence[str]], seed: str, longest: float) -> None:
    """Kill :data:`AT_ONCE` times, each time in a new start of one of ``commands``."""
    rng = random.Random(seed)  # noqa: S311
    done = 0
    for _ in range(AT_ONCE * 10):
        done += project.disturb(rng.choice(commands), rng, longest)
        if done == AT_ONCE:
            return
    raise AssertionError(f"{done} kills in {AT_ONCE * 10} starts: the moments lie behind the end of a run")


def check(project: Project, expected: dict[str, str]) -> None:
    """Check what must be true after a run in peace: same bytes, nothing stuck, nothing left."""
    found = project.bytes()
    different = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
    assert not different, f"{project.told}: {different}"
    assert project.processes() == []
    assert project.under_way() == [], project.told
    assert project.locked() == [], project.told
    assert json.loads(project.call("dvc", "status", "--json")) == {}


def wait(condition: object, what: str) -> None:
    """Wait until a condition holds."""
    give_up = time.monotonic() + PATIENCE
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < give_up, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.05)


def _kill(process: psutil.Process) -> None:
    try:
        os.kill(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _belongs(process: psutil.Process, folder: str) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        environment = process.environ()
        cwd = process.cwd()
    except (psutil.Error, OSError):
        return False
    names = ("CONVOY_RUN_FOLDER", "PREFECT_API_DATABASE_CONNECTION_URL")
    return folder in " ".join((cwd, *(environment.get(name, "") for name in names)))


def _kind(process: psutil.Process) -> str:
    """Return which link of the chain a process is: flow, server, dvc, stage, or what stands between."""
    try:
        words = " ".join(process.cmdline())
    except psutil.Error:
        return "between"
    signs = {
        "uvicorn": "server",
        "work.py": "stage",
        "-m pipeline": "stage",
        "dvc": "dvc",
        "convoy": "flow",
        "git": "git",
    }
    return next((kind for sign, kind in signs.items() if sign in words), "between")
