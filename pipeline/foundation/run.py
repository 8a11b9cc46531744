"""The settings that every computing stage obeys."""

from pydantic import NonNegativeInt, PositiveInt

from pipeline.foundation.section import Section


class RunConfig(Section):
    """What makes two runs give the same bytes."""

    seed: NonNegativeInt = 0
    """Seed of every random choice."""

    threads: PositiveInt = 2
    """CPU threads of one stage; another number gives other last digits, hence it is a setting."""
