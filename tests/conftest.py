"""What all tests share."""

import pytest

TOGETHER = {
    "flows": "flows",
    "test_run.py": "ran",
    "test_dvc.py": "ran",
    "test_compare.py": "ran",
    "test_registry.py": "ran",
    "test_chaos.py": "ran",
}
"""Folder or file → group of tests that one worker runs, because they share an expensive fixture."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests that share a server, or a project that has run, to one worker."""
    for item in items:
        folder, name = item.path.parent.name, item.path.name
        group = TOGETHER.get(folder) or (TOGETHER.get(name) if folder == "whole" else None)
        if group is not None:
            item.add_marker(pytest.mark.xdist_group(group))
