"""What one retrain does, job by job: new data, stages, promotion, the end."""
