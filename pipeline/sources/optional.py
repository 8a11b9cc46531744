"""Libraries that only some kinds of data need."""

import importlib
from types import ModuleType

from pipeline.foundation.errors import MachineError


def needed(module: str, *, what: str, extra: str, package: str | None = None) -> ModuleType:
    """Return an optional library.

    Args:
        module: Name it is imported by.
        what: What needs it, the beginning of the sentence.
        extra: The extra of this distribution that brings it.
        package: Name it is installed by, where that differs.

    Raises:
        MachineError: It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise MachineError(
            f"{what} needs {package or module}; install it with pip install 'convoy[{extra}]'"
        ) from None
