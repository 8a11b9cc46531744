"""What all tests share."""

import signal
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TOGETHER = {
    "flows": "flows",
    "comparison": "comparison",
    "whole/registry": "ran",
    "whole/test_run.py": "ran",
    "whole/test_dvc.py": "ran",
    "whole/test_compare.py": "ran",
    "whole/test_chaos.py": "ran",
    "whole/test_lineage.py": "traced",
}
"""Folder (not those in it) or file → group of tests that one worker runs, because they share an expensive fixture."""


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
        places = (item.path, item.path.parent)
        groups = [TOGETHER.get(place.relative_to(HERE).as_posix()) for place in places]
        if group := groups[0] or groups[1]:
            item.add_marker(pytest.mark.xdist_group(group))
