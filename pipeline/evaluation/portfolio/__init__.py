"""What forecasts of returns are worth as a portfolio, after costs, beside equal weight."""
