"""The one door to Great Expectations: an expectation and a narrow frame in, an outcome out.

GX costs 3 s to import, so this happens on the first judgement and never with the config. Its
context lives in memory: nothing is written, sent or asked from the network. The frame has the
column ``value`` (NumPy-backed: GX has no Polars engine, and Arrow-backed pandas is slower), so one
expectation judges one rule however many columns the rule is about: 100 columns of 17,000 rows take
0.1 s in this shape and 0.7 s as one expectation each.
"""

import logging
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

VALUE = "value"
_ONE_AT_A_TIME = Lock()
"""GX keeps one state for all threads."""

_COMPLETE = {"result_format": "COMPLETE", "return_unexpected_index_query": False}


@dataclass(frozen=True)
class Outcome:
    """What Great Expectations found."""

    expectation: str
    held: bool
    checked: int
    """Values that were there to be judged."""

    missing: int
    """Values that were not: empty cells, which most expectations pass over."""

    failed: NDArray[np.int64]
    """Positions in the frame of the values that do not hold."""

    broken: str | None = None
    """What the check raised, where it could not judge at all."""


def judge(expectation: "Expectation", columns: Mapping[str, NDArray[Any]]) -> Outcome:
    """Let Great Expectations judge ``columns``, arrays of one length.

    A check that raises is told apart from bad data: ``broken`` then says what it raised.
    """
    import pandas as pd

    frame = pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()})
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas, about how GX asks it
        batch = _batch_definition().get_batch(batch_parameters={"dataframe": frame})
        found = batch.validate(expectation, result_format=_COMPLETE)
    kind = str(expectation.expectation_type)
    if (broken := _exception(found.exception_info)) is not None:
        return Outcome(kind, False, 0, 0, np.empty(0, np.int64), broken)
    result = found.result
    failed = np.asarray(result.get("unexpected_index_list") or [], np.int64)
    missing = int(result.get("missing_count") or 0) if "element_count" in result else 0
    return Outcome(kind, bool(found.success), len(frame) - missing, missing, failed)


def load_expectations() -> Any:
    """Import Great Expectations, silenced and with its telemetry off, and return its expectations."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations.expectations as gxe
    return gxe


def gx_version() -> str:
    """Return the version of Great Expectations that judges."""
    from importlib.metadata import version

    return version("great-expectations")


@cache
def _batch_definition() -> Any:
    load_expectations()
    import great_expectations as gx
    from great_expectations.data_context.types import base
    from great_expectations.execution_engine import pandas_execution_engine

    # A fingerprint of every frame, which nobody here reads, is a quarter of the time of large tables.
    pandas_execution_engine.HASH_THRESHOLD = 0
    settings = base.DataContextConfig(
        store_backend_defaults=base.InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=base.ProgressBarsConfig(globally=False, metric_calculations=False),
        analytics_enabled=False,
    )
    context = gx.get_context(mode="ephemeral", project_config=settings)
    asset = context.data_sources.add_pandas("rows").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")


def _exception(info: Mapping[str, Any]) -> str | None:
    """Return the message of the first exception; GX gives one, or one for each metric that failed."""
    entries = [info] if "raised_exception" in info else list(info.values())
    for entry in entries:
        if entry.get("raised_exception"):
            return str(entry.get("exception_message") or "unknown").strip().splitlines()[-1]
    return None
