"""The file formats of time-series archives."""
