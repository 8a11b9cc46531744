"""What a comparison does: its tasks, which trainings are left, and what is told of them."""
