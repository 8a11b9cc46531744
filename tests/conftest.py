"""What all tests share."""

import signal

import pytest

TOGETHER = {
    "flows": "flows",
    "comparison": "comparison",
    "test_run.py": "ran",
    "test_dvc.py": "ran",
    "test_compare.py": "ran",
    "test_registry.py": "ran",
    "test_chaos.py": "ran",
}
"""Folder or file → group of tests that one worker runs, because they share an expensive fixture."""


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs that tests start, also where a shell began the tests in its background.

    There it is ignored, by this process and by all that it starts.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests that share a server, or a project that has run, to one worker."""
    for item in items:
        folder, name = item.path.parent.name, item.path.name
        group = TOGETHER.get(folder) or (TOGETHER.get(name) if folder == "whole" else None)
        if group is not None:
            item.add_marker(pytest.mark.xdist_group(group))
