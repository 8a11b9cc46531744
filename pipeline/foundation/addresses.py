"""URLs as they may be shown, and those that hold what nobody may write down."""

import re

_USER = re.compile(r"(?<=://)(?:[^/@?#]*@|[^/:?#@]*:(?!\d+/)[^@]*@)")
"""What stands before the server: a user, or a user and a password, in which databases allow every sign but ``@``."""

_PASSWORD = re.compile(r"://[^/:?#@]*:(?:[^/@?#]+|(?!\d+/)[^@]+)@|[?&]password=[^&]")


def shown(place: str) -> str:
    """Return a URL without what may be a secret: user, password, query, fragment; a path stays as it is."""
    if "://" not in place:
        return place
    return re.split(r"[?#]", _USER.sub("", place), maxsplit=1)[0]


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
