"""What is asked of a model: its loss, and how its answer is decoded."""
