"""The ground floor: config base, errors, paths, and the one way to write a file."""
