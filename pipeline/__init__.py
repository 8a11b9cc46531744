"""The pipeline: stages at the edge, rooms of pure functions and networks behind them."""
