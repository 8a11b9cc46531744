"""Texts: cleaned, cut into tokens, given vectors."""
