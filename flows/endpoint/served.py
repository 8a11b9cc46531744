"""The model that is served, and how another champion takes its place while requests are answered."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from flows.endpoint.metrics import Metrics
from pipeline.command import as_told
from pipeline.registry.champion import champion_folder, read_registry
from pipeline.stages.service import Service

EVERY_SECONDS = 1.0
"""How often the pointer of the registry is looked at."""


class Served:
    """One loaded model at a time; a request keeps the one that it began with."""

    def __init__(self, service: Service, metrics: Metrics) -> None:
        self.service = service
        self.metrics = metrics
        self.problem: str | None = None
        """Why the present champion is not the one that is served; None: it is."""

        metrics.serves(service)

    def replace(self, service: Service) -> None:
        """Let another model answer from now on: one assignment, so a request sees either of them."""
        self.service = service
        self.metrics.serves(service)


class Follower(threading.Thread):
    """Looks at the registry, loads a new champion beside the model that answers, and only then switches."""

    def __init__(self, served: Served, project: Path, say: Callable[[str], None]) -> None:
        """Begin with the champion of now.

        Args:
            served: What is switched.
            project: Whose registry is looked at.
            say: Told what happened, in one line.
        """
        super().__init__(name="follows the champion", daemon=True)
        self.served = served
        self.project = project
        self.say = say
        self.version = read_registry(project).champion
        self._stop = threading.Event()

    def run(self) -> None:
        """Look until :meth:`stop` is called."""
        while not self._stop.wait(EVERY_SECONDS):
            with suppress(
                OSError, ValueError
            ):  # of a terminal that is closed: nobody is told, and that is all
                self.look()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def look(self) -> None:
        """Switch if there is another champion; a champion that cannot be loaded leaves the present one serving."""
        try:
            champion = read_registry(self.project).champion
            if champion is None or champion == self.version:
                self.served.problem = None
                return
            service = Service(champion_folder(self.project), f"the champion {champion}")
            service.warm_up()
        except Exception as error:  # whatever is wrong with a champion, the next one may be good
            self._failed(" ".join(str(as_told(error)).split()))
            return
        self.version, self.served.problem = champion, None
        self.served.replace(service)
        self.served.metrics.reloads.labels("done").inc()
        self.say(f"{service.origin} answers from now on")

    def _failed(self, problem: str) -> None:
        known, self.served.problem = self.served.problem, problem
        if known != problem:
            self.served.metrics.reloads.labels("failed").inc()
            self.say(f"the new champion cannot be loaded, {self.served.service.origin} goes on: {problem}")
