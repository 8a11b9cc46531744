"""Room 0: where rows come from, one file per kind of source."""
