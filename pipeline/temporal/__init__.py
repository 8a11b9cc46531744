"""Room 3: LSTM temporal analysis."""
