"""When a challenger takes the champion's place: the section ``registry`` of ``params.yaml``."""

from pydantic import NonNegativeFloat, PositiveInt

from pipeline.foundation.section import Section


class RegistryConfig(Section):
    """When a challenger becomes the champion, and how many versions are kept."""

    margin: NonNegativeFloat = 0.01
    """Share of the champion's score: the interval of the difference has to lie above it; if drift asked, above −it."""

    keep: PositiveInt = 5
    """Newest versions whose folders stay; those of the champion and of the one before it stay in any case; with git,
    older ones come back from their commit."""
