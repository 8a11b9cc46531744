"""Secrets come from the environment and stay there: not one byte of them is found in what a run leaves or prints."""

import pytest

CANARY = "canary-4f1d9b7e"
SECRETS = {
    "AWS_SECRET_ACCESS_KEY": CANARY,
    "CONVOY_NOTIFY": f"json://somebody:{CANARY}@127.0.0.1:9/{CANARY}",
    "CONVOY_TOKEN": CANARY,
    "PGPASSWORD": CANARY,
    "PREFECT_API_AUTH_STRING": f"somebody:{CANARY}",
}


def found(folder):
    """Return the files that hold the secret, Prefect's history and the server's log among them."""
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and CANARY.encode() in path.read_bytes()
    ]


@pytest.mark.e2e
@pytest.mark.parametrize("words", [("run",), ("run", "--debug"), ("run", "--force")])
def test_a_run_that_goes_well_leaves_no_secret(mini, words):
    mini.environment |= SECRETS

    ended = mini.convoy(*words)

    assert ended.returncode == 0, ended.stderr
    assert CANARY not in ended.stdout + ended.stderr
    assert found(mini.folder) == []


@pytest.mark.e2e
def test_a_run_that_fails_and_cannot_tell_anybody_leaves_no_secret(mini):
    mini.environment |= SECRETS
    mini.behave("left", exit=3)

    ended = mini.convoy("run")

    assert ended.returncode != 0
    assert CANARY not in ended.stdout + ended.stderr
    assert found(mini.folder) == []


@pytest.mark.e2e
def test_the_log_for_collectors_holds_none_either(mini):
    mini.environment |= SECRETS | {"CONVOY_LOG": "json"}
    mini.behave("left", exit=3)

    ended = mini.convoy("run")

    assert CANARY not in ended.stdout + ended.stderr
    assert found(mini.folder) == []
