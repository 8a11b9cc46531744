"""Whether new rows, and what a model says of them, are still like those that it was trained on."""
