"""``convoy notify`` in a shell: who is told, and whether they hear."""

import os
import subprocess
import sys

import pytest

from flows.showing.outbox import VARIABLE
from flows.showing.unsent import unsent

CANARY = "canary-4f1d9b7e"


@pytest.fixture
def power(tmp_path):
    folder = tmp_path / "power"
    (folder / ".convoy").mkdir(parents=True)
    (folder / "params.yaml").touch()
    return folder


def notify(folder, *words, addresses=None):
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    environment |= {} if addresses is None else {VARIABLE: addresses}
    call = [sys.executable, "-c", "from flows.cli.main import main; main()", "notify", *words]
    return subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_test_reaches_every_address_and_says_so(power, webhook):
    done = notify(power, "--test", addresses=os.environ[VARIABLE])

    assert (done.returncode, done.stderr) == (0, "")
    [line] = done.stdout.splitlines()
    assert line.startswith("✓ json://127.0.0.1:") and "/…: taken  (from CONVOY_NOTIFY)" in line
    assert [sent["title"] for sent in webhook] == ["convoy: power test"]


def test_an_address_that_does_not_take_it_is_named_without_its_secret_and_ends_with_1(power, webhook):
    dead = f"json://me:{CANARY}@127.0.0.1:9/{CANARY}"

    done = notify(power, "--test", addresses=f"{os.environ[VARIABLE]} {dead} slack://{CANARY}")

    assert done.returncode == 1
    assert [line[0] for line in done.stdout.splitlines()] == ["✓", "✗", "✗"]
    assert "json://127.0.0.1:9/…: no connection, or no answer in time" in done.stdout
    assert CANARY not in done.stdout + done.stderr
    assert len(unsent(power)) == 2
    again = notify(power, addresses=dead)
    assert again.returncode == 1
    assert "did not take 1 message, the last one (test)" in again.stdout


def test_the_addresses_of_a_unit_are_tried_where_the_shell_has_none(power, webhook):
    (power / ".convoy" / "environment").write_text(f'# told\n{VARIABLE}="{os.environ[VARIABLE]}"\n')

    done = notify(power, "--test")

    assert done.returncode == 0
    assert "(from .convoy/environment)" in done.stdout
    assert len(webhook) == 1


def test_a_test_that_all_take_clears_what_an_address_of_the_past_did_not(power, webhook):
    notify(power, "--test", addresses="json://127.0.0.1:9/x")
    assert len(unsent(power)) == 1

    notify(power, "--test", addresses=os.environ[VARIABLE])

    assert unsent(power) == []


def test_where_nobody_is_told_there_is_one_sentence_about_it(power):
    done = notify(power, "--test")

    assert done.returncode == 2
    assert done.stderr.startswith("error: nobody is told: neither CONVOY_NOTIFY nor .convoy/environment")
    assert len(done.stderr.splitlines()) == 1
