"""Where each stage reads and writes."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.foundation.folder import verified


@dataclass(frozen=True)
class Paths:
    """The folders of one project, as a running stage sees them."""

    project: Path
    """Folder that holds ``params.yaml`` and ``data/``."""

    out: Path
    """Folder that the running stage fills; it becomes ``data/STAGE`` when the stage succeeds."""

    reports: Path
    """Undeclared folder for what has a clock in it or is third-party HTML: ``reports/RUN/``."""

    checkpoints: Path
    """Undeclared folder for resuming training, shared by all runs: ``.convoy/checkpoints/``."""

    def read(self, stage: str, name: str) -> Path:
        """Return the path of file ``name`` in ``data/STAGE`` after checking it against its manifest.

        Raises:
            IntegrityError: The folder or file is missing, or its SHA-256 is not the listed one.
        """
        return verified(self.stage_folder(stage), name)

    def stage_folder(self, stage: str) -> Path:
        """Return ``data/STAGE`` of this project."""
        return self.project / "data" / stage

    def source(self, path: str) -> Path:
        """Return a path as ``params.yaml`` writes it: relative to the project, or absolute."""
        return self.project / Path(path).expanduser()
