"""What of a URL may be shown, and when it holds a password."""

import pytest

from pipeline.foundation.addresses import holds_password, shown


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ("data/a?b@c.csv", "data/a?b@c.csv"),
        ("https://me:geheim@host:80/a.csv?sig=x#y", "https://host:80/a.csv"),
        ("https://token@host/a.csv#sig", "https://host/a.csv"),
        ("https://host?sig=x@y", "https://host"),
        ("http://host:80/a@b.csv", "http://host:80/a@b.csv"),
        ("simplecache::https://me:geheim@host/a.csv?sig=x", "simplecache::https://host/a.csv"),
        ("postgresql://me:ge/he:im@host:5432/plant", "postgresql://host:5432/plant"),
        ("sqlite:///power.db", "sqlite:///power.db"),
        ("s3://bucket/a.csv", "s3://bucket/a.csv"),
    ],
)
def test_a_url_is_shown_without_user_password_and_query(place, wanted):
    assert shown(place) == wanted


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ("https://me:geheim@host/a.csv", True),
        ("postgresql://me:ge/heim@host/plant", True),
        ("postgresql://host/plant?user=me&password=geheim", True),
        ("postgresql://me@host/plant", False),
        ("https://host:80/a@b.csv", False),
        ("https://host/a.csv?sig=x:y@z", False),
        ("me:geheim@host", False),
    ],
)
def test_a_password_is_found_where_a_url_has_one(place, wanted):
    assert holds_password(place) is wanted
