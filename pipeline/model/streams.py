"""Which channels of the stored stream make up which stream of the network."""

from pipeline.foundation.errors import ConfigError
from pipeline.model.config import Streams
from pipeline.preprocessing.meta import StreamMeta

SHOWN = 20


def channel_groups(stream: StreamMeta, streams: Streams) -> tuple[tuple[int, ...], ...]:
    """Return the channels of each stream, by their place in a step; empty: all channels are one stream.

    Channels that are named nowhere are one more stream, the last.

    Raises:
        ConfigError: A channel is named that is not there, or a step has no channels of its own.
    """
    if streams == "one":
        return ()
    names = stream.channels
    if not stream.frame or len(names) != stream.frame[0]:
        raise ConfigError(
            f"model.streams={_told(streams)} divides the channels of a step, and a step of "
            f"preprocessing.kind={stream.kind} has none here; use model.streams=one, or frames that keep their bands "
            f"(preprocessing.frames=whole)"
        )
    if streams == "each":
        return tuple((place,) for place in range(len(names)))
    unknown = [name for group in streams for name in group if name not in names]
    if unknown:
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        raise ConfigError(
            f"model.streams: {unknown[0]!r} is no channel; there are: {', '.join(names[:SHOWN])}{more}"
        )
    named = {name for group in streams for name in group}
    rest = tuple(place for place, name in enumerate(names) if name not in named)
    groups = tuple(tuple(names.index(name) for name in group) for group in streams)
    return (*groups, rest) if rest else groups


def _told(streams: Streams) -> str:
    return streams if isinstance(streams, str) else str([list(group) for group in streams])
