"""Samples too many to be held: divided and written in pieces, with one byte of memory for each."""
