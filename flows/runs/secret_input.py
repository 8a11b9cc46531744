"""The part of an input's URL that is a secret: it stays in the environment, and Prefect knows the rest.

Parameters of a deployment stand in Prefect's database and on its pages, readable by everybody who sees those. So a
query (a signature) is left out of them, and a run finds the URL again in ``CONVOY_INPUT``.
"""

import os
from pathlib import Path

from flows.programs.environment import KEPT, kept_variable
from pipeline.foundation.addresses import MASK, masked
from pipeline.foundation.errors import ConfigError

VARIABLE = "CONVOY_INPUT"
"""URLs in full, with spaces between."""


def remember(source: str) -> None:
    """Let the runs that this process starts find the URL again; what holds no secret needs no finding."""
    if masked(source) != source:
        known = os.environ.get(VARIABLE, "").split()
        os.environ[VARIABLE] = " ".join([source, *(url for url in known if masked(url) != masked(source))])


def is_kept(source: str, project: Path) -> bool:
    """Return whether every run of a project finds the URL of an input, whoever starts it."""
    kept = kept_variable(project, VARIABLE).split()
    return not source.endswith(MASK) or any(masked(url) == source for url in kept)


def without(text: str, source: str) -> str:
    """Return text without what is a secret in an input; no error should hold it, and here none does."""
    secret = source.partition("?")[2] if masked(source) != source else ""
    text = text.replace(source, masked(source))
    return text.replace(secret, "…") if secret else text


def in_full(source: str, project: Path) -> str:
    """Return an input as it is read: of a URL of which something was left out, what the environment holds.

    Args:
        source: As the parameters have it.
        project: Its environment file is looked at where the environment holds nothing.

    Raises:
        ConfigError: Neither holds it.
    """
    if not source.endswith(MASK):
        return source
    for urls in (os.environ.get(VARIABLE, ""), kept_variable(project, VARIABLE)):
        for url in urls.split():
            if masked(url) == source:
                return url
    raise ConfigError(
        f"{source} stands for a URL whose query is a secret, and {VARIABLE} does not hold it; set it to the whole URL "
        f"in the environment of `convoy serve` or the worker, or in {project / KEPT}"
    )
