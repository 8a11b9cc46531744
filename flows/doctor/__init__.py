"""`convoy doctor`: what is wrong, and how it is mended."""
