"""What of a URL may be shown, and when it holds a password."""

import pytest

from pipeline.foundation.addresses import hinted, holds_password, masked, shown


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


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ("data/a?b.csv", "data/a?b.csv"),
        ("https://host/a.csv", "https://host/a.csv"),
        ("https://host/a.csv?sig=geheim", "https://host/a.csv?…"),
        ("https://host/a.csv#geheim", "https://host/a.csv?…"),
        ("https://host/a.csv?…", "https://host/a.csv?…"),
        ("https://geheim@host/a.csv", "https://host/a.csv?…"),
        ("simplecache::https://geheim@host/a.csv", "simplecache::https://host/a.csv?…"),
        ("postgresql://me@host/plant", "postgresql://me@host/plant"),
        ("abfs://container@account/a.csv", "abfs://container@account/a.csv"),
    ],
)
def test_a_url_is_written_down_without_its_secret_and_says_that_there_was_one(place, wanted):
    assert masked(place) == wanted


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("json://host:8080/geheim?x=geheim", "json://host:8080/…"),
        ("jsons://me:geheim@[::1]/geheim", "jsons://[::1]/…"),
        ("json://me:ge/heim@host/x", "json://host/…"),
        ("json://me:ge@heim@host/x", "json://…"),
        ("json://me:12/geheim@host/x", "json://…"),
        ("mailto://me:geheim@example.com", "mailto://example.com/…"),
        ("slack://geheim/geheim", "slack://…"),
        ("tgram://geheim", "tgram://…"),
        ("geheim", "…"),
        ("ge heim://x", "…"),
    ],
)
def test_an_address_of_somebody_who_is_told_is_hinted_at_without_its_secret(address, wanted):
    assert hinted(address) == wanted
