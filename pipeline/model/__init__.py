"""Composes streams, extraction, temporal analysis, pooling and head in some order."""
