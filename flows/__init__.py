"""The flows: everything that knows Prefect, and the `convoy` command."""
