"""The `convoy` command: its words and options."""
