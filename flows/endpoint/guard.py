"""Who may ask, and from where."""

import hmac
import ipaddress
import os
from pathlib import Path

from pipeline.foundation.errors import ConfigError

VARIABLE = "CONVOY_TOKEN"
SHORTEST = 16


def read_token(file: Path | None) -> str | None:
    """Return the token that callers have to know: from a file, or from ``CONVOY_TOKEN``; None: nobody is asked.

    Raises:
        ConfigError: The file cannot be read, or the token is too short to keep anybody out.
    """
    if file is not None:
        try:
            token, place = file.read_text(encoding="utf-8").strip(), f"--token-file {file}"
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"--token-file {file} cannot be read: {error}") from None
    elif VARIABLE in os.environ:
        token, place = os.environ[VARIABLE].strip(), VARIABLE
    else:
        return None
    if len(token) < SHORTEST or not token.isascii():
        raise ConfigError(
            f"{place} holds a token of {len(token)} characters; give one of at least {SHORTEST} ASCII characters, such "
            f"as `openssl rand -hex 32` makes"
        )
    return token


def require_safe(host: str, token: str | None) -> None:
    """Refuse to listen beyond this machine to callers whom nobody asks who they are.

    Raises:
        ConfigError: ``host`` is not of this machine alone, and there is no token.
    """
    if token is None and not _is_loopback(host):
        raise ConfigError(
            f"--host {host} can be reached from elsewhere, and no token protects the model; give --token-file FILE or "
            f"{VARIABLE}, or leave the host at 127.0.0.1"
        )


def is_allowed(authorization: str | None, token: str | None) -> bool:
    """Return whether a request with this ``Authorization`` may be answered; it takes as long whatever was guessed."""
    if token is None:
        return True
    given = (authorization or "").encode("utf-8", "replace")
    return hmac.compare_digest(given, f"Bearer {token}".encode())


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
