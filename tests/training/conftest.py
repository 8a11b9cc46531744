"""The small training of ``sine.py``, for the tests in this process; a child process runs the same file."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("sine.py")


@pytest.fixture(scope="session")
def sine():
    """Return the module ``sine``."""
    spec = importlib.util.spec_from_file_location("sine", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
