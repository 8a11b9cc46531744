"""Between the parts of a split: what is the same on both sides, or says what it should not know."""
