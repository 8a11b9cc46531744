"""Room 0: what is expected of the rows; the only home of Great Expectations."""
