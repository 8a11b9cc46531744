"""One run in one project: its lock, its record, its stages as processes, what is kept of it."""
