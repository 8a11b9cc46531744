"""What Prometheus is told."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from pipeline.stages.service import Answered, Service

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counters of one server, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "convoy_requests", "Requests to /predict by status.", ["status"], registry=self.registry
        )
        self.seconds = Histogram(
            "convoy_request_seconds",
            "Seconds from the whole request to its answer.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.samples = Counter(
            "convoy_samples", "Samples by what became of them.", ["outcome"], registry=self.registry
        )
        self.running = Gauge("convoy_requests_running", "Requests being answered.", registry=self.registry)
        self.reloads = Counter(
            "convoy_reloads", "New champions, loaded or not.", ["outcome"], registry=self.registry
        )
        self.model = Gauge(
            "convoy_model", "1 for the model that answers.", ["origin", "version"], registry=self.registry
        )

    def answered(self, answered: Answered) -> None:
        """Count the samples of a request."""
        self.samples.labels("scored").inc(answered.scored)
        self.samples.labels("unscored").inc(answered.unscored)

    def serves(self, service: Service) -> None:
        """Note which model answers."""
        self.model.clear()
        self.model.labels(service.origin, str(service.about["version"])).set(1)

    def text(self) -> bytes:
        """Return all of it in Prometheus' format."""
        return generate_latest(self.registry)
