"""Lineages and registries to put models into."""

from collections.abc import Callable

import pytest

from pipeline.registry.lineage import NETWORK, Lineage


@pytest.fixture
def lineage() -> Callable[..., Lineage]:
    """Return a function that makes a lineage; sections and stages are hashed by the letters given."""

    def make(*, network: str = "a", data: str = "d", code: str = "c", **rest) -> Lineage:
        return Lineage(
            model="cnn-lstm", head="classify", parameters=7, run=None, data=data, rows=10, as_of=None,
            trained_until=None, settings="s", sections=dict.fromkeys(NETWORK, network), code=code,
            stages={"preprocess": data, "analyze": data + network}, libraries={}, metric="accuracy", better="max",
            score=0.9, interval=(0.8, 0.95), samples=5, **rest,
        )  # fmt: skip

    return make
