"""Looks at a user's data and proposes a project: every choice with its reason and how to change it."""
