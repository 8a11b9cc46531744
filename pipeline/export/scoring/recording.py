"""Samples of a recording: in a bundle this file is the sources' own of the same name, so that both hear the same."""

from pipeline.sources.payload.recording import listen

__all__ = ["listen"]
