"""From the words of a command to the schedules that they mean."""

from dataclasses import dataclass, replace
from pathlib import Path

from flows.schedules.schedule import Schedule, interval_of
from flows.schedules.wishes import Prediction, Wishes
from pipeline.foundation.errors import ConfigError


@dataclass(frozen=True)
class When:
    """The options that say when."""

    cron: str | None = None
    every: str | None = None
    timezone: str = "UTC"
    overlap: str = "skip"
    missed: str = "newest"
    on_drift: str | None = None
    """Of retraining: how long it rests after drift has asked for one; None: drift asks for none."""

    def schedule(self) -> Schedule:
        """Return the schedule that they mean.

        Raises:
            ConfigError: They contradict each other, or one is unknown.
        """
        schedule = Schedule(
            self.cron,
            interval_of(self.every) if self.every else None,
            self.timezone,
            overlap=self.overlap,
            missed=self.missed,
            on_drift=interval_of(self.on_drift, "--retrain-on-drift") if self.on_drift else None,
        )
        schedule.of_prefect()
        return schedule

    def schedule_or_none(self) -> Schedule | None:
        """Return the schedule; None: neither a line nor an interval was given."""
        return None if self.cron is None and self.every is None else self.schedule()


def wishes_of(
    project: Path,
    when: When,
    prediction: Prediction | None,
    *,
    retrain: When | None = None,
    name: str | None = None,
    promote: bool = True,
) -> Wishes:
    """Return what is to run by itself, and when.

    Args:
        project: Folder with ``params.yaml`` and ``dvc.yaml``.
        when: Times of the predictions; where none are wanted, of the retraining.
        prediction: What is predicted; None: nothing.
        retrain: Times of the retraining beside predictions.
        name: Of the deployment.
        promote: Let the model of each run become the champion, if it is blessed.

    Raises:
        ConfigError: The folder is no project, or the options contradict each other.
    """
    for file in ("params.yaml", "dvc.yaml"):
        if not (project / file).is_file():
            raise ConfigError(
                f"{project.resolve()} has no {file}; go to a project's folder, or name it with --project; "
                f"`convoy init DIR --data FILE` makes one"
            )
    beside = None if retrain is None else retrain.schedule_or_none()
    if prediction is None:
        if beside is not None:
            raise ConfigError(
                "--retrain-cron and --retrain-every stand beside --predict; alone, give --cron or --every"
            )
        return Wishes(when.schedule(), name=name, promote=promote)
    if beside is None and when.on_drift is not None:
        missing = (
            "needs the times of the retraining: --retrain-cron or --retrain-every"
            if retrain is not None
            else "says nothing of predictions; deploy the retraining with it, in a command of its own"
        )
        raise ConfigError(f"--retrain-on-drift beside --predict {missing}")
    return Wishes(beside, replace(when, on_drift=None).schedule(), prediction, name=name, promote=promote)
