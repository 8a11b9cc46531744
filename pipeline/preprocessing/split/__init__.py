"""Which samples train, choose the epoch, and judge."""
