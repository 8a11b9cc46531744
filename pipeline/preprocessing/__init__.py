"""Room 1: splits, scaling, windows and frames."""
