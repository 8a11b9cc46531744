"""Which candidates are compared on one preprocessed data set, where each training is kept, and the leaderboard."""
