"""A project whose stages are small scripts, so that processes, and not models, are what is tested."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path

import psutil
import pytest

from flows.programs.environment import be_quiet, child_environment
from flows.server.server import Server, start_server
from flows.showing.outbox import VARIABLE
from pipeline.config import Config
from pipeline.params import params_text

PATIENCE = 180.0
"""Seconds to wait for what takes some seconds alone: two workers train beside each other."""
CONVOY = Path(sys.executable).parent / "convoy"

WORK = '''
"""A stage: it leaves a trace, behaves as it is told to, and writes its folder."""
import json, os, pathlib, sys, time
from pipeline.foundation.parent import PARENT_VARIABLE, die_with_parent
die_with_parent(int(os.environ.get(PARENT_VARIABLE, "0")) or None)
name = sys.argv[1]
def trace(what):
    with open("trace.txt", "a") as file:
        file.write(f"{name} {what} {os.getpid()} {time.time()}\\n")
told = pathlib.Path("behaviour", f"{name}.json")
behaviour = json.loads(told.read_text()) if told.exists() else {}
if behaviour.pop("once", False):
    told.unlink()
trace("begins")  # only now: who waits for this line may kill at once
print(f"{name} works")
time.sleep(behaviour.get("sleep", 0))
if story := behaviour.get("story"):
    pathlib.Path(os.environ["CONVOY_RUN_FOLDER"], f"{name}.json").write_text(json.dumps(story))
if behaviour.get("exit"):
    sys.exit(behaviour["exit"])
out = pathlib.Path("data", name)
out.mkdir(parents=True)
(out / "result.txt").write_text(pathlib.Path(f"{name}.txt").read_text())
trace("ends")
'''

OLD = "data/raw/power/2026-01-01"
"""The snapshot that the project of `fed` reads."""

STAGES = {"first": [], "left": ["first"], "right": ["first"], "last": ["left", "right"]}


class Mini:
    """The project, and what a person could do with it from outside."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.environment = {name: value for name, value in os.environ.items() if "PREFECT" not in name}
        self.environment |= {"PREFECT_HOME": str(home)}

    def behave(self, stage: str, **behaviour: object) -> None:
        """Tell a stage what to do the next times it runs."""
        path = self.folder / "behaviour" / f"{stage}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(behaviour))

    def touch(self, stage: str) -> None:
        """Change an input of a stage."""
        (self.folder / f"{stage}.txt").write_text(str(time.time()))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `convoy` as a shell would: leader of a process group of its own."""
        return subprocess.Popen(
            [str(CONVOY), *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def convoy(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `convoy` to its end."""
        return ended(self.start(*arguments))

    def trace(self, what: str) -> list[str]:
        """Return the stages that have begun or ended so far, in that order."""
        path = self.folder / "trace.txt"
        lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        return [line[0] for line in lines if line[1] == what]

    def pid_of(self, stage: str) -> int:
        """Return the process id of a stage's latest run, once it has begun."""
        wait_until(lambda: stage in self.trace("begins"))
        lines = [line.split() for line in (self.folder / "trace.txt").read_text().splitlines()]
        return [int(line[2]) for line in lines if line[0] == stage][-1]

    def processes(self) -> list[psutil.Process]:
        """Return the servers and stages of this project that live."""
        return [process for process in psutil.process_iter() if str(self.folder) in _marks(process)]

    def running(self, word: str) -> list[psutil.Process]:
        """Return those of them that have a word in their command line."""
        return [process for process in self.processes() if word in command_line(process)]

    def history(self) -> list[tuple[str, str]]:
        """Return state and message of each run in the project's own history, the latest last."""
        with sqlite3.connect(self.folder / ".convoy" / "prefect.db") as database:
            rows = database.execute(
                "select flow_run.state_name, flow_run_state.message from flow_run "
                "join flow_run_state on flow_run.state_id = flow_run_state.id "
                "order by flow_run.created"
            )
            return [(str(state), str(message)) for state, message in rows]

    def task_states(self) -> set[str]:
        """Return the states of all task runs in the project's own history."""
        with sqlite3.connect(self.folder / ".convoy" / "prefect.db") as database:
            return {str(row[0]) for row in database.execute("select state_name from task_run")}

    def record(self) -> dict[str, object]:
        """Return the record of the latest run."""
        return json.loads(sorted((self.folder / ".convoy" / "runs").glob("*/run.json"))[-1].read_text())

    def outcomes(self) -> dict[str, str]:
        """Return what became of each stage in the latest run."""
        return {stage["stage"]: stage["outcome"] for stage in self.record()["stages"]}


def ended(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for a started `convoy`."""
    try:
        out, error = process.communicate(timeout=PATIENCE * 2)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, error)


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> float:
    """Wait for a condition and return how long that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + seconds, f"still not so after {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - began


def command_line(process: psutil.Process) -> list[str]:
    """Return the words with which a process was started; none where it ends while it is asked."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _marks(process: psutil.Process) -> str:
    try:
        environment = process.environ()
    except (psutil.Error, OSError):
        return ""
    names = ("CONVOY_RUN_FOLDER", "PREFECT_API_DATABASE_CONNECTION_URL")
    return " ".join(environment.get(name, "") for name in names)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home for Prefect that is nobody's."""
    return tmp_path_factory.mktemp("prefect-home")


@pytest.fixture(scope="session")
def database(pytestconfig: pytest.Config, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty history: making one takes a server 10 s, so it is kept from session to session."""
    cache = pytestconfig.cache
    assert cache is not None
    kept = Path(cache.mkdir(f"prefect-{version('prefect')}")) / "prefect.db"
    if not kept.exists():
        folder = tmp_path_factory.mktemp("database")
        server = start_server(folder)
        server.wait_until_ready()
        server.stop()
        new = Path(f"{kept}.{os.getpid()}")  # two workers may make one at the same time
        with sqlite3.connect(folder / ".convoy" / "prefect.db") as made, sqlite3.connect(new) as copy:
            made.backup(copy)
        new.replace(kept)
    return kept


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, database: Path) -> Path:
    """Return a project under git and DVC, with an empty history."""
    folder = tmp_path_factory.mktemp("template") / "mini"
    folder.mkdir()
    (folder / "params.yaml").write_text(params_text(Config()))
    (folder / "work.py").write_text(WORK)
    stages = {}
    for name, before in STAGES.items():
        (folder / f"{name}.txt").write_text(name)
        deps = [f"{name}.txt", *(f"data/{stage}" for stage in before)]
        stages[name] = {"cmd": f"python work.py {name}", "deps": deps, "outs": [f"data/{name}"]}
    # JSON is YAML; the stages stand in the wrong order, which must not matter.
    (folder / "dvc.yaml").write_text(json.dumps({"stages": dict(reversed(stages.items()))}))
    for command in (["git", "init", "-q"], [sys.executable, "-m", "dvc", "init", "-q"]):
        subprocess.run(command, cwd=folder, check=True)
    with (folder / ".dvc" / "config").open("a") as config:
        config.write("[core]\n    analytics = false\n    check_update = false\n")
    (folder / ".convoy").mkdir()
    shutil.copy(database, folder / ".convoy" / "prefect.db")
    return folder


@pytest.fixture(scope="session")
def finished(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same project with every stage up to date."""
    folder = tmp_path_factory.mktemp("finished") / "mini"
    shutil.copytree(template, folder)
    environment = child_environment()
    subprocess.run([sys.executable, "-m", "dvc", "repro", "-q"], cwd=folder, env=environment, check=True)
    (folder / "trace.txt").unlink()
    return folder


@pytest.fixture
def mini(template: Path, tmp_path: Path, home: Path) -> Iterator[Mini]:
    """Return a fresh project with a history of its own; whatever lives on after the test fails it."""
    yield from _project(template, tmp_path, home)


@pytest.fixture
def done(finished: Path, tmp_path: Path, home: Path) -> Iterator[Mini]:
    """Return a project in which every stage is up to date."""
    yield from _project(finished, tmp_path, home)


def _project(source: Path, tmp_path: Path, home: Path) -> Iterator[Mini]:
    folder = tmp_path / "mini"
    shutil.copytree(source, folder)
    mini = Mini(folder, home)
    yield mini
    left = mini.processes()
    for process in left:
        process.kill()
    assert not left


@pytest.fixture(scope="session")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a standing server as `prefect server start` would be, shared by the tests of this session."""
    folder = tmp_path_factory.mktemp("standing") / "project"
    shutil.copytree(template, folder)
    be_quiet()
    server = start_server(folder, standing=True)
    server.wait_until_ready()
    yield server
    server.stop()


@pytest.fixture
def elsewhere(mini: Mini, server: Server) -> Mini:
    """Return the fresh project with ``PREFECT_API_URL`` set, so that its runs start no server."""
    mini.environment["PREFECT_API_URL"] = server.url
    return mini


@pytest.fixture
def done_elsewhere(done: Mini, server: Server) -> Mini:
    """Return the finished project with ``PREFECT_API_URL`` set."""
    done.environment["PREFECT_API_URL"] = server.url
    return done


@pytest.fixture
def fed(elsewhere: Mini, tmp_path: Path) -> tuple[Mini, Path]:
    """Return a project that reads a snapshot and is told where new data come from, and that place."""
    folder, place = elsewhere.folder, tmp_path / "live.csv"
    place.write_text("first\n")
    (folder / OLD).mkdir(parents=True)
    (folder / OLD / "power.csv").write_text("first\n")
    config = Config.model_validate(
        {
            "sources": {"kind": "csv", "path": f"{OLD}/power.csv", "time": "time"},
            "flow": {"new_data": str(place)},
            "preprocessing": {"kind": "windows"},
            "heads": {"kind": "forecast"},
            "extraction": {"kind": "conv1d"},
        }
    )
    (folder / "params.yaml").write_text(params_text(config))
    stages = {
        "ingest": {
            "cmd": f"python work.py ingest && cp {OLD}/power.csv data/ingest/",
            "deps": [f"{OLD}/power.csv"],
            "outs": ["data/ingest"],
        },
        "validate": {
            "cmd": "python work.py validate",
            "deps": ["data/ingest", "validate.txt"],
            "outs": ["data/validate"],
        },
    }
    for name in stages:
        (folder / f"{name}.txt").write_text(name)
    (folder / "dvc.yaml").write_text(json.dumps({"stages": stages}, indent=1))
    subprocess.run([sys.executable, "-m", "dvc", "add", "-q", OLD], cwd=folder, check=True)
    # A server that both workers load may not answer for some seconds.
    wait_until(lambda: elsewhere.convoy("run").returncode == 0)
    return elsewhere, place


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the digits' project with the model of a brief training; a test works on a copy of it."""
    from tests.flows.digits import train_digits  # torch

    folder = tmp_path_factory.mktemp("trained") / "digits"
    train_digits(folder)
    return folder


@pytest.fixture
def webhook(monkeypatch):
    """Return what a listening web server is sent; its address is in the environment."""
    heard = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv(VARIABLE, f"json://127.0.0.1:{server.server_port}")
        yield heard
        server.shutdown()
        thread.join()
