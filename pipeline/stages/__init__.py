"""The edge: each stage reads files, calls rooms, writes files and returns a report."""
