"""URLs as they may be shown, and those that hold what nobody may write down."""

import re

_USER = re.compile(r"(?<=://)(?:[^/@?#]*@|[^/:?#@]*:(?!\d+/)[^@]*@)")
"""What stands before the server: a user, or a user and a password, in which databases allow every sign but ``@``."""

_PASSWORD = re.compile(r"://[^/:?#@]*:(?:[^/@?#]+|(?!\d+/)[^@]+)@|[?&]password=[^&]")

_HTTP = re.compile(r"(?:\w+::)*https?://", re.IGNORECASE)

MASK = "?…"
"""Behind a URL of which something is left out."""

_KIND = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,31}")
_HOST = re.compile(r"(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d+)?")
_OWN_SERVERS = ("json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos")
"""Kinds of addresses that name a server and nothing else before the path."""


def shown(place: str) -> str:
    """Return a URL without what may be a secret: user, password, query, fragment; a path stays as it is."""
    if "://" not in place:
        return place
    return re.split(r"[?#]", _USER.sub("", place), maxsplit=1)[0]


def masked(place: str) -> str:
    """Return a URL as it may be written down: without query and fragment, and over HTTP without user, marked as such.

    The user of a database or a bucket stays: it is needed, and its password was refused before.
    """
    secret = re.search(r"[?#]", place) or (_HTTP.match(place) and _USER.search(place))
    return f"{shown(place)}{MASK}" if "://" in place and secret else place


def hinted(address: str) -> str:
    """Return an address of somebody who is told, as far as it is no secret: its kind, and a server of one's own.

    Messengers have their tokens where other URLs have a host and a path (``slack://TOKEN/TOKEN``), so nothing of those
    is shown; nor where nobody can tell a host from a password.
    """
    kind, there, rest = address.partition("://")
    if not there or not _KIND.fullmatch(kind):
        return "…"
    place = _USER.sub("", f"://{rest}", count=1).removeprefix("://")
    host = re.split(r"[/?#]", place, maxsplit=1)[0]
    known = kind.lower() in _OWN_SERVERS and "@" not in place and _HOST.fullmatch(host)
    return f"{kind}://{host}/…" if known else f"{kind}://…"


def holds_password(place: str) -> bool:
    """Return whether a place is a URL with a password, which would be written wherever the place is."""
    return "://" in place and _PASSWORD.search(place) is not None


def refusal(setting: str) -> str:
    """Return the sentence with which a URL that holds a password is refused, and what to do instead.

    Args:
        setting: Where it stands, as the user wrote it: ``flow.new_data``, ``--predict``.
    """
    return (
        f"{setting} holds a password, which would stand in files, in git and in Prefect's history; leave it out and "
        f"set it in the environment (PGPASSWORD for PostgreSQL, FSSPEC_HTTPS_CLIENT_KWARGS for https://; "
        f"docs/security.md has an example)"
    )
