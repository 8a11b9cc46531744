"""Metrics, intervals, plots and the report, from prediction tables alone."""
