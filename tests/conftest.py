"""What all tests share."""

import signal
from pathlib import PurePosixPath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "comparison": "comparison",
    "flows/endpoint": "endpoint",
    "flows/test_chaos.py": "killed",
    "flows/test_predict.py": "predicted",
    "whole/registry": "ran",
    "whole/test_run.py": "ran",
    "whole/test_dvc.py": "ran",
    "whole/test_compare.py": "ran",
    "whole/test_chaos.py": "ran",
    "whole/test_lineage.py": "traced",
}
"""Folder (not those in it) or file → group of tests that one worker runs, because they share an expensive fixture."""


class Together(LoadScopeScheduling):
    """Deals tests to workers one by one, those of a group to one worker.

    The groups are those of `TOGETHER` and not marks: xdist (3.8) hands the group over in an item's `_nodeid`, which
    pytest (9.2) no longer reads, so that `--dist loadgroup` deals out every test by itself.
    """

    def _split_scope(self, nodeid: str) -> str:
        """The group of a test, or the test itself."""
        path = PurePosixPath(nodeid.partition("::")[0]).relative_to("tests")
        return TOGETHER.get(path.as_posix()) or TOGETHER.get(path.parent.as_posix()) or nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    """Deal the tests out by `Together`, whatever `--dist` says."""
    return Together(config, log)


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs that tests start, also where a shell began the tests in its background.

    There it is ignored, by this process and by all that it starts.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Several workers begin with what takes minutes, so that none of it is left when the others have ended."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(("tests/whole/", "tests/flows/")))
