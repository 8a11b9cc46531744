"""How many trainings are left, and about how long they take."""

from statistics import fmean

from flows.runs.record import StageRun
from pipeline.foundation.words import plural


class Pace:
    """Expects of each training what those that this comparison has done took in the mean."""

    def __init__(self) -> None:
        self._seconds: list[float] = []

    def told(self, left: int) -> str:
        """Return what is left, the next training among it."""
        count = f"{plural(left, 'training')} to do"
        if not self._seconds:
            return count
        return f"{count}, some {_rough(left * fmean(self._seconds))} at this pace"

    def went(self, run: StageRun) -> None:
        """Take note of a training that ended; one that was done before says nothing about the next."""
        if run.outcome == "ran":
            self._seconds.append(run.seconds)


def _rough(seconds: float) -> str:
    """Return a time as one would say it: seconds below two minutes, minutes below two hours, else hours."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 1):.0f} s"
