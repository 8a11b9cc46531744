"""Drift over time: its history, its page, and the event that can start a retrain."""
