"""Pictures, frames and recordings as rows of a table, in batches of bounded size."""
