"""Series: cut into windows, or taken whole."""
