"""Rows of tables: numbers and categories as scaled columns."""
