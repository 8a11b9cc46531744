"""The Prefect server: found or started, its history, runs that died."""
