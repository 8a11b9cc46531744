"""From the bytes of a text table to typed columns, block by block."""
