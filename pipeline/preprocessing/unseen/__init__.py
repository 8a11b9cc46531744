"""Rows that training never saw, turned into a stream by what training fitted."""
