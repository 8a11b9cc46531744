"""What people see of a run: terminal, artifacts, notices."""
