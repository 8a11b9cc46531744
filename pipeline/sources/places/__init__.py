"""Which files a path means, and what their names say about the rows in them."""
