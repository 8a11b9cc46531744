"""Champions in git: promotion, rollback, tags."""
