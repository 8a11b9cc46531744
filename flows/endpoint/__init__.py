"""A model behind HTTP: rows in, answers out."""
