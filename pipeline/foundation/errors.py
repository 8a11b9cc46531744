"""Every error a user can cause or meet, each with the exit code of the command that ends with it.

A message says what was wanted, what came instead and what to do, in at most five lines.
"""


class PipelineError(Exception):
    """Base of all errors that are told in a sentence instead of a traceback."""

    exit_code: int = 1
    retryable: bool = False
    """Whether the same call can succeed later without anybody changing anything."""


class ConfigError(PipelineError, ValueError):
    """A setting is unknown, of the wrong kind, or contradicts another."""

    exit_code = 2


class DataError(PipelineError, ValueError):
    """The user's data are missing, empty, or not what the settings say they are."""

    exit_code = 3


class ShapeError(DataError):
    """An array or a series has another shape than the next room needs."""


class GateError(PipelineError):
    """The data were read, but break a rule of the quality suite."""

    exit_code = 4


class IntegrityError(PipelineError):
    """A file is missing from a stage's folder, or is not the one its manifest lists."""

    exit_code = 5


class MachineError(PipelineError):
    """The machine lacks something: a program, a library version, disk space, a device."""

    exit_code = 6


class BusyError(PipelineError):
    """Another run holds the project; waiting can help."""

    exit_code = 75
    retryable = True
