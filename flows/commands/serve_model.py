"""What `convoy serve-model` does: one model behind HTTP, until it is asked to end."""

import os
from dataclasses import dataclass
from pathlib import Path

from flows.commands.model import CHAMPION, chosen_model
from flows.endpoint.guard import read_token, require_safe
from flows.programs.environment import be_quiet
from flows.showing.terminal import Terminal
from pipeline.foundation.errors import ConfigError, MachineError


@dataclass(frozen=True)
class Address:
    """Where a server listens, to whom, and how much at once."""

    host: str
    port: int
    token_file: Path | None
    body_megabytes: float
    rows: int
    """Rows of one request at most."""


def serve_model(project: Path, address: Address, *, model: str | None) -> int:
    """Serve a model, and return the exit code once a signal has ended it.

    Args:
        project: Whose champion is served where no folder is given; before any promotion, its last model.
        address: Where, and to whom.
        model: Folder of a model, or ``champion``; None: the champion, or before any promotion the last run's.

    Raises:
        ConfigError: The host can be reached from elsewhere and no token protects it, or a setting makes no sense.
        MachineError: A library is missing, or the port is taken.
        PipelineError: What is wrong with the model, in one sentence.
    """
    be_quiet()
    token = read_token(address.token_file)
    require_safe(address.host, token)
    if not address.body_megabytes > 0:
        raise ConfigError(
            f"--max-body {address.body_megabytes:g} leaves no room for a row; give megabytes above 0"
        )
    if address.rows < 1:
        raise ConfigError(f"--max-rows {address.rows} leaves no room for a row; give 1 or more")
    _require_libraries()
    from flows.endpoint.app import Limits, build_app
    from flows.endpoint.listening import listen, serve
    from flows.endpoint.metrics import Metrics
    from flows.endpoint.served import Follower, Served
    from flows.endpoint.size import Most
    from pipeline.stages.service import Service

    terminal = Terminal()
    with chosen_model(model, project) as chosen, listen(address.host, address.port) as place:
        service = Service(chosen.folder, chosen.origin)
        service.warm_up()
        served = Served(service, Metrics())
        limits = Limits(Most(int(address.body_megabytes * 1e6), address.rows), at_once=os.cpu_count() or 1)
        follower = Follower(served, project, terminal.line)
        if model is None or chosen.origin.startswith(f"the {CHAMPION}"):
            follower.start()
        host, port = place.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        terminal.line(
            f"{service.predictor.scorer.name} answers at http://{shown}:{port}/predict: {chosen.origin}"
        )
        terminal.line("Ctrl-C ends it" if token is None else "a token is asked for; Ctrl-C ends it")
        try:
            serve(build_app(served, limits, token), place)
        finally:
            follower.stop()
    return 0


def _require_libraries() -> None:
    try:
        import fastapi  # noqa: F401
        import prometheus_client  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise MachineError(
            f"convoy serve-model needs {error.name}; install it with pip install 'convoy[http]'"
        ) from None
