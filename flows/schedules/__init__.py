"""Retraining by itself: when, what overlaps, what was missed."""
