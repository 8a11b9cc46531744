"""Room 2: CNN feature extraction."""
