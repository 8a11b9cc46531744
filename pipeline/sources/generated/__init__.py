"""Problems made from a seed: a file each."""
