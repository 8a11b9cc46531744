"""The routes."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anyio
from anyio import CapacityLimiter
from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from flows.endpoint.body import Sent, TooSlowError, answer, read_body
from flows.endpoint.examples import request_body
from flows.endpoint.guard import is_allowed
from flows.endpoint.served import Served
from flows.endpoint.size import Most, TooLargeError
from pipeline.foundation.errors import ConfigError, DataError, PipelineError

log = logging.getLogger(__name__)
OPEN = ("/health",)
"""Paths that need no token: they say nothing of the model."""


@dataclass(frozen=True)
class Limits:
    """What one server takes on."""

    most: Most
    """Of a single request."""

    at_once: int
    """Requests that are answered at the same time; others wait."""


def build_app(served: Served, limits: Limits, token: str | None) -> FastAPI:
    """Return the application.

    Args:
        served: The model.
        limits: Of a request, and of what is done at once.
        token: What callers have to know; None: nothing.
    """
    app = FastAPI(title="convoy", docs_url=None, redoc_url=None)
    limiter = CapacityLimiter(limits.at_once)

    @app.middleware("http")
    async def ask_for_token(request: Request, follow: Callable[[Request], Any]) -> Response:
        if request.url.path not in OPEN and not is_allowed(request.headers.get("authorization"), token):
            return _told(
                401, "send the token as `Authorization: Bearer TOKEN`", {"WWW-Authenticate": "Bearer"}
            )
        response: Response = await follow(request)
        return response

    @app.exception_handler(RequestValidationError)
    async def tell_of_query(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return _told(
            422,
            f"{first['loc'][-1]}={str(first['input'])[:60]!r} cannot be read; give true or false, or leave it out",
        )

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Whether the model answers."""
        return {"status": "ok" if served.problem is None else "the new champion cannot be loaded"}

    @app.get("/model")
    async def model() -> dict[str, Any]:
        """Which model answers, and why it is not the present champion, if it is not."""
        return {**served.service.about, "columns": served.service.columns, "problem": served.problem}

    @app.get("/metrics")
    async def metrics() -> Response:
        """Counters for Prometheus."""
        return Response(served.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.post("/predict")
    async def predict(
        request: Request,
        every_step: bool = Query(False, description="Series in windows: an answer at every step."),
    ) -> Response:
        """Answer rows (JSON, CSV, JSON Lines, Parquet) or files; a row without an answer has the reason."""
        response = await _answered(request, served, limits, limiter, every=every_step)
        served.metrics.requests.labels(str(response.status_code)).inc()
        return response

    app.openapi = lambda: _described(app, served)  # type: ignore[method-assign]  # FastAPI's own way
    return app


async def _answered(
    request: Request, served: Served, limits: Limits, limiter: CapacityLimiter, *, every: bool
) -> Response:
    try:
        body = await read_body(request, limits.most)
    except TooLargeError as error:
        return _told(413, str(error), _CLOSE)
    except ClientDisconnect:  # nobody is left who would read this
        return _told(400, "the body ended before it was whole", _CLOSE)
    except TooSlowError:
        return _told(408, "the body did not arrive in time; send it again", _CLOSE)
    service, sent = served.service, Sent(request.headers.get("content-type", ""), body, every)

    def work() -> Response:
        begun = time.perf_counter()
        with served.metrics.running.track_inprogress():
            found = answer(service, sent, limits.most)
        served.metrics.seconds.observe(time.perf_counter() - begun)
        served.metrics.answered(found)
        about = {"scored": found.scored, "unscored": found.unscored, "notes": list(found.notes)}
        return JSONResponse({"answers": found.answers, **about, "model": service.about})

    try:
        return await anyio.to_thread.run_sync(work, limiter=limiter)
    except TooLargeError as error:
        return _told(413, str(error))
    except (DataError, ConfigError) as error:
        return _told(422, str(error))
    except PipelineError as error:
        log.error("%s", error)
        return _told(503, str(error))
    except Exception:
        log.exception("a request could not be answered")
        return _told(500, "this request could not be answered; what happened stands in the log of the server")


_CLOSE = {"Connection": "close"}


def _told(status: int, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"detail": sentence}, status, headers)


def _described(app: FastAPI, served: Served) -> dict[str, Any]:
    """Return OpenAPI with the columns of the model that answers now."""
    about = served.service.about
    found = get_openapi(
        title=f"convoy: {served.service.predictor.scorer.name}",
        version=str(about["version"]),
        description=f"Answers of {about['origin']}.",
        routes=app.routes,
    )
    found["paths"]["/predict"]["post"]["requestBody"] = request_body(served.service)
    return found
