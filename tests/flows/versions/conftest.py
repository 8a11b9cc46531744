"""A project under git and DVC that has taken a snapshot in each of four nights."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.versions.command import call_dvc
from flows.versions.pointing import point_at
from pipeline.config import Config
from pipeline.params import params_text

HOME = "data/raw/power"
NIGHTS = ("2026-01-01T0300Z", "2026-01-02T0300Z", "2026-01-03T0300Z", "2026-01-04T0300Z")


@dataclass(frozen=True)
class Nights:
    """The project, and what a test does with it."""

    folder: Path

    def set(self, **flow: object) -> None:
        """Change settings of `flow`."""
        (self.folder / "params.yaml").write_text(params_text(settings(self.in_use(), **flow)))

    def in_use(self) -> str:
        """Return the snapshot that the settings name."""
        text = (self.folder / "params.yaml").read_text()
        return next(night for night in NIGHTS if f"{HOME}/{night}" in text)

    def read(self, night: str) -> None:
        """Let settings, stages and lock name a snapshot, as a night that took it would."""
        point_at(self.folder, Path(HOME, self.in_use()), Path(HOME, night))
        call_dvc(["repro", "--quiet"], self.folder)

    def here(self) -> list[str]:
        """Return the snapshots in their folders."""
        return sorted(path.name for path in (self.folder / HOME).iterdir() if path.is_dir())

    def git(self, *words: str) -> None:
        """Call git."""
        who = ("-c", "user.name=n", "-c", "user.email=n@here")
        subprocess.run(["git", *who, *words], cwd=self.folder, check=True, capture_output=True)


def settings(night: str, **flow: object) -> Config:
    return Config.model_validate(
        {
            "sources": {"kind": "csv", "path": f"{HOME}/{night}/power.csv", "time": "time"},
            "flow": {"new_data": "../live.csv", **flow},
            "preprocessing": {"kind": "windows"},
            "heads": {"kind": "forecast"},
            "extraction": {"kind": "conv1d"},
        }
    )


@pytest.fixture(scope="session")
def nights_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the project; what is tested is done to a copy."""
    folder = tmp_path_factory.mktemp("nights") / "project"
    folder.mkdir()
    nights = Nights(folder)
    nights.git("init", "-q")
    call_dvc(["init", "--quiet"], folder)
    for number, night in enumerate(NIGHTS):
        (folder / HOME / night).mkdir(parents=True)
        (folder / HOME / night / "power.csv").write_text(f"time,load\n{number},{number}\n")
    call_dvc(["add", "--quiet", *(f"{HOME}/{night}" for night in NIGHTS)], folder)
    table = f"{HOME}/{NIGHTS[0]}/power.csv"
    ingest = {
        "cmd": f"mkdir -p data/ingest && sed s/load/LOAD/ {table} > data/ingest/power.csv",
        "deps": [table],
        "outs": ["data/ingest"],
    }
    (folder / "dvc.yaml").write_text(json.dumps({"stages": {"ingest": ingest}}, indent=1))
    (folder / "params.yaml").write_text(params_text(settings(NIGHTS[0])))
    call_dvc(["repro", "--quiet"], folder)
    return folder


@pytest.fixture
def nights(nights_once: Path, tmp_path: Path) -> Nights:
    """Return a copy of the project, in which the newest snapshot is in use and nothing is committed."""
    subprocess.run(["cp", "-a", nights_once, tmp_path / "project"], check=True)  # with its times
    found = Nights(tmp_path / "project")
    found.read(NIGHTS[-1])
    return found
